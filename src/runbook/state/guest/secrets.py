"""Which configuration files of a guest hold a secret, or may hold one. Pure.

A secret is known by its name, or by the form of what it stands in. A hook of
ifupdown may be handed one that nobody can tell from any other word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.common.redact import REDACTED, is_secret, redact_text

_WORD = re.compile(r"[A-Za-z][\w-]*")
# Names of secrets where they stand alone, with a value: netplan's and WireGuard's, iw's.
_KEY = re.compile(r"(?<![\w.-])(?:keys?|private|shared)[\"']?(?:[ \t]*[:=]|[ \t])", re.IGNORECASE)
# In prose these are words as any other.
_PROSE = frozenset({"auth", "bypass", "pass", "pin"})
_HOOK = re.compile(
    r"^([ \t]*(?:up|post-up|pre-up|down|pre-down|post-down)[ \t]+)((?:\\\n|[^\n])*)", re.MULTILINE
)
_PROGRAM = re.compile(r"[\w./+-]+")
# What is not handed a secret unless by a name; and the words of a shell around it.
_KNOWN = frozenset(
    {
        *("ip", "ifconfig", "route", "arp", "ethtool", "tc", "bridge", "brctl", "sysctl"),
        *("iptables", "ip6tables", "iptables-restore", "ip6tables-restore", "nft"),
        *("ifup", "ifdown", "modprobe", "systemctl", "service", "sleep", "true", "false", ":"),
    }
)
_KERNEL = re.compile(r"echo\s+[\w.-]+\s*>\s*/(?:proc|sys)/\S+")
_NOWHERE = re.compile(r"[12]?>+\s*/dev/null|2>&1")


def holds_secret(text: str) -> bool:
    """Whether the text has a secret by its name or its form, in a comment too."""
    return redact_text(text) != text or any(map(_names_one, text.splitlines()))


def _names_one(line: str) -> bool:
    names = {word.lower() for word in _WORD.findall(line) if is_secret(word)}
    if line.lstrip().startswith(("#", ";")):
        return bool(names - _PROSE)
    return bool(names) or _KEY.search(line) is not None


def names_secret(text: str) -> bool:
    """Stricter: whether any word in it so much as names one."""
    words = _WORD.findall(text)
    odd = any(is_secret(word) or _KEY.fullmatch(f"{word} ") for word in words)
    return odd or redact_text(text) != text


def without_arguments(text: str) -> str:
    """The text of ifupdown without the arguments of hooks that are not known to be harmless."""
    return _HOOK.sub(lambda match: match[1] + _without_arguments(match[2]), text)


def _without_arguments(command: str) -> str:
    program, _, rest = command.partition(" ")
    if not rest.strip() or all(map(_is_known, _parts(command))):
        return command
    return f"{program} {REDACTED}" if _PROGRAM.fullmatch(program) else REDACTED


def _parts(command: str) -> Iterator[str]:
    joined = _NOWHERE.sub("", command.replace("\\\n", " "))
    return (part.strip() for part in re.split(r"[;|&]+", joined) if part.strip())


def _is_known(part: str) -> bool:
    if "`" in part or "$(" in part:
        return False
    program = part.split(maxsplit=1)[0].rpartition("/")[2]
    return program in _KNOWN or _KERNEL.fullmatch(part) is not None
