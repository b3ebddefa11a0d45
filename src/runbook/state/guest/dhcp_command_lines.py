"""The DHCP clients of a guest, by their command lines: whether one serves a NIC, and by IPv4."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runbook.state import dhcp_clients

# Written over its own argv: "dhcpcd: eth0 [ip4]", "dhcpcd: [manager] [ip4] [ip6]"; other words
# in the brackets are of helpers, which stand beside one of these.
_TITLE = "dhcpcd:"
_MANAGERS, _FAMILIES = frozenset({"manager", "master"}), frozenset({"ip4", "ip6"})
# Options whose next word is no interface, as dhcpcd(8) and busybox's udhcpc have them.
_OF_DHCPCD = frozenset(
    {
        *(f"-{letter}" for letter in "cefhijlmortsuvyzCDFIOQSWXZ"),
        *("--script", "--env", "--config", "--logfile", "--leasetime", "--metric", "--option"),
        *("--timeout", "--userclass", "--msuserclass", "--vsio", "--vsio6", "--vendor"),
        *("--allowinterfaces", "--denyinterfaces", "--reboot", "--nohook", "--nooption"),
        *("--require", "--static", "--whitelist", "--blacklist", "--controlgroup"),
    }
)
_OF_UDHCPC = frozenset(
    {
        *(f"-{letter}" for letter in "VHhFiprstTAOxP"),
        *("--interface", "--script", "--pidfile", "--request", "--request-option", "--timeout"),
        *("--tryagain", "--retries", "--hostname", "--fqdn", "--vendorclass", "--client-port"),
    }
)


def serves(line: str, ifname: str) -> bool:
    """Whether the client with this command line gets `ifname` an IPv4 address, or may."""
    named = _named(line)
    return named is not None and (not named or ifname in named)


def _named(line: str) -> tuple[str, ...] | None:
    """The interfaces that the client serves, () for all; None if it does not serve IPv4."""
    program, *words = line.split() or [""]
    name = program.rpartition("/")[2]
    if name == _TITLE:
        return _titled(line.partition(":")[2])
    if name == "dhclient":
        return None if "-6" in words else dhcp_clients.ifnames(words)
    if name == "dhcpcd":
        return _dhcpcd(words)
    return _udhcpc(words) if name == "udhcpc" else tuple(words)


def _titled(title: str) -> tuple[str, ...] | None:
    brackets = frozenset(re.findall(r"\[([^\]]*)\]", title))
    if brackets - _MANAGERS - _FAMILIES or brackets & _FAMILIES == {"ip6"}:
        return None
    return tuple(re.sub(r"\[[^\]]*\]", " ", title).split())


def _dhcpcd(words: Sequence[str]) -> tuple[str, ...] | None:
    options = tuple(_options(words, _OF_DHCPCD))
    if {"-6", "--ipv6only"} & {option for option, _ in options}:
        return None
    return tuple(value for option, value in options if not option)


def _udhcpc(words: Sequence[str]) -> tuple[str, ...]:
    """It serves one, which is eth0 where none is named."""
    options = _options(words, _OF_UDHCPC)
    named = tuple(value for option, value in options if option in ("-i", "--interface"))
    return named[-1:] or ("eth0",)


def _options(words: Sequence[str], valued: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(option, its value or '') as getopt_long has them; what is no option is ('', word)."""
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            option, given, value = word.partition("=")
            yield option, value if given or option not in valued else next(rest, "")
        elif word.startswith("-"):
            yield from _letters(word[1:], rest, valued)
        else:
            yield "", word


def _letters(
    letters: str, rest: Iterator[str], valued: frozenset[str]
) -> Iterator[tuple[str, str]]:
    for count, letter in enumerate(letters, start=1):
        if f"-{letter}" in valued:
            yield f"-{letter}", letters[count:] or next(rest, "")
            return
        yield f"-{letter}", ""
