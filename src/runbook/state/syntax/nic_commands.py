"""What a line of a script, a unit or a stanza does to an interface, by its words. Pure.

Only lines that would keep libvirt's bridge from its address or its port at a boot: those that give
the interface an address or a route of its own, and those that take the interface for something
else. `$IFACE` stands for the interface in what ifupdown runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

IFACE = "IFACE"
_IP = r"\bip\b(?: -\S+)*"
_ADD = r"(?:add?|a|repl?\w*|chg|change|append)"
_OWN_FRAMES = r"(?:macvlan|macvtap|ipvlan|ipvtap|macsec|hsr|team|bond)"
# Each with the interface's name in the place of NIC.
_GIVE = (
    rf"{_IP} a(?!ddrlabel)\w* {_ADD} .*NIC",
    rf"{_IP} (?:r|ro|rout|route) {_ADD} (?!.*\bvia\b).*\bdev NIC",
    rf"{_IP} (?:r|ro|rout|route) {_ADD} (?=.*\bonlink\b).*\bdev NIC",
    r"\bifconfig NIC(?::\S+)? (?:inet6? |add |[1-9]|\$|[0-9a-f]+:)",
    r"\b(?:dhclient|dhcpcd5?|udhcpc6?|dhcp6c|odhcp6c|pump)\b(?! -[rxk]\b).*NIC",
)
_TAKE = (
    rf"{_IP} l(?:i|in|ink)? s(?:e|et)? (?:dev )?NIC .*\b(?:master|nomaster|netns|name)\b",
    rf"{_IP} l(?:i|in|ink)? {_ADD} .*\blink NIC\b.*\btype {_OWN_FRAMES}\b",
    r"\b(?:brctl (?:addif|delif)|ifenslave) \S+ .*NIC",
    r"\bovs-vsctl .*\badd-(?:port|bond) .*NIC",
    r"\becho .*NIC.*>\s*/sys/class/net/\S*/slaves",
    # Containers, each with an interface of its own on top.
    r"^\s*(?:MACVLAN|IPVLAN)\s*=.*NIC",
    r"\blxc\.net(?:work)?\.(?:\d+\.)?link\s*=\s*NIC",
    r"[\"'](?:master|network_interface|parent)[\"']\s*:\s*[\"']NIC",
)
# What shows the addresses that the interface has.
_ADDRESS = rf"{_IP} (?:add?r?|address|a)"
_ASK = (
    rf"{_ADDRESS}(?: (?:sh?o?w?|li?s?t?))?(?: (?:up|(?:to|scope) \S+))*(?: dev)? NIC",
    r"\bifconfig NIC\s*(?:$|[|)&;`>])",
    r"\bifdata -p[ahn]+ NIC",
    rf"{_ADDRESS}\b(?=.*\binet\b).*NIC",
    # Which routes it has, and whether somebody answers by it.
    rf"{_IP} (?:r|ro|rout|route)\b(?! (?:{_ADD}|d\w*|fl\w*)\b).*NIC",
    r"\b(?:route -n|netstat -\w*r\w*)\b.*NIC",
    r"\b(?:ping6?|arping(?!.* -\w*[AU]\b)|fping|oping|traceroute)\b.* -(?:\w*I|i) ?NIC",
    r"\b(?:curl|wget|nc|ncat)\b.* --interface[ =]NIC",
)
_QUOTES = str.maketrans("", "", "\"'{}")


def gives_address(line: str, names: Iterable[str]) -> bool:
    """Whether the line gives one of the interfaces an address or a route of its own."""
    return _is_any(_GIVE, line, names)


def takes(line: str, names: Iterable[str]) -> bool:
    """Whether the line makes the interface part of something else, or has it carry one more."""
    return _is_any(_TAKE, line, names)


def asks_address(line: str, names: Iterable[str]) -> bool:
    """Whether the line asks for addresses or routes of one of the interfaces, or by it."""
    return _is_any(_ASK, line, names)


def _is_any(patterns: Iterable[str], line: str, names: Iterable[str]) -> bool:
    called = "|".join(map(_called, names))
    texts = (line, line.translate(_QUOTES))
    wanted = (pattern.replace("NIC", f"(?:{called})") for pattern in patterns)
    return any(re.search(pattern, text) for pattern in wanted for text in texts)


def _called(name: str) -> str:
    if name == IFACE:
        return r"\$IFACE\b"
    return rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\d)"


def canonical(address: str) -> str:
    """An address in its one canonical spelling (RFC 5952); a name stays as it is."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address
