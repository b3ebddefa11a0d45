"""What else a file may call the NIC: by another name of the kernel's, or by a pattern."""

from __future__ import annotations

import re

from runbook.transport.host import Reader

# `ip -o` ends each line of its own with a backslash.
_ALTNAME = re.compile(r"\baltname ([^\s\\]+)")
# `e*` and `e+` are more often an expression than a name.
SHORTEST = 2
# `en+(...)` is a pattern of bash that resolvconf orders interfaces by.
_BEFORE, _AFTER = r"[^A-Za-z0-9_/.*+-]", r"[^A-Za-z0-9_/*+()|]"


def altnames(host: Reader, nic: str) -> tuple[str, ...]:
    """The NIC's alternative names, which `ip` and some programs take for it."""
    done = host.query(["ip", "-o", "link", "show", "dev", nic])
    return tuple(_ALTNAME.findall(done.stdout.decode(errors="replace")))


def patterns(nic: str) -> str:
    """What finds a pattern such as `en*` or `en+` that fits the NIC (an extended expression)."""
    stems = "|".join(re.escape(nic[:end]) for end in range(SHORTEST, len(nic) + 1))
    return rf"(^|{_BEFORE})({stems})[*+]($|{_AFTER})"


def called(text: str, nic: str, others: tuple[str, ...]) -> str:
    """The line with the NIC's own name in the place of the others and of patterns."""
    text = re.sub(patterns(nic), rf"\g<1>{nic}\g<3>", text)
    for other in others:
        text = re.sub(rf"(?<![\w.-]){re.escape(other)}(?![\w-]|\.\d)", nic, text)
    return text
