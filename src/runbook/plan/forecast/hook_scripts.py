"""What a script of ifupdown or of the DHCP client asks for, and what it does with it. Pure."""

from __future__ import annotations

import re

from runbook.plan.forecast.named_lines import OF_A_PORT
from runbook.state.host.line_search import Line
from runbook.state.host.naming_files import FILTERS, NamingFile

# How a stanza gives an address, and the options that go with it: `inet manual` has neither.
_METHOD = re.compile(r"[$]\{?METHOD\b")
_METHODS = re.compile(r"\b(static|dhcp|manual|bootp)\b")
_OPTION = re.compile(r"[$]\{?IF_(ADDRESS|NETMASK|GATEWAY|BROADCAST|NETWORK|METRIC|POINTOPOINT)\b")
_IFACE = re.compile(r"[$]\{?IFACE\b")
# What begins another command of the line: a word of the shell, or a pattern of `case`.
_NEXT = re.compile(r"&&|\|\|?|;+|[(){}]|\b(?:then|do|else|elif|if|while|until|in)\b")
_PATTERN = re.compile(r"(?:^|\bin\b|;;)\s*\(?[^\s()$]+(?:\s*\|\s*[^\s()$]+)*\)")
_NEUTRAL = re.compile(
    r"(?:\S*/)?(?:\[.*|(?:test|case|esac|fi|done|for|exit|return|set|shift|trap|true|false|"
    r"source|grep|command|which|type|sleep|wait|cd|umask|modprobe|export|local|readonly|unset)(?!\S).*)"
    r"|[A-Za-z_]\w*=.*|[.:]\s.*|!|[\w\"'$*?.-]*|[<>].*"
)
_FILTERS = re.compile(rf"\b{FILTERS}\b")


def asks_method(script: NamingFile) -> tuple[Line, ...]:
    """The lines that ask how the interface got an address, or which."""
    by_method = any(_METHODS.search(line.text) for line in script.lines)
    return tuple(
        line
        for line in script.lines
        if _OPTION.search(line.text) or (by_method and _METHOD.search(line.text))
    )


def doing(script: NamingFile) -> tuple[Line, ...]:
    """The lines that do more than ask, say something, or set up the NIC's link.

    Rules of a firewall are as good before the address; those for `$IFACE` are judged elsewhere.
    """
    return tuple(line for line in script.lines if _does(line.text))


def for_iface(script: NamingFile) -> tuple[Line, ...]:
    """The lines that do something to the interface that comes up."""
    return tuple(line for line in doing(script) if _IFACE.search(line.text))


def _does(text: str) -> bool:
    commands = (part.strip() for part in _NEXT.split(_PATTERN.sub(";", text)))
    return any(
        not (_NEUTRAL.fullmatch(c) or OF_A_PORT.search(c) or _FILTERS.search(c)) for c in commands
    )
