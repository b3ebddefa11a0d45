"""Commands in the NIC's stanzas that only add what the live host shows: an address or a route.

The change carries every address and every route that the NIC has, and the hook brings them back at
each boot. So such a line goes out of the stanza, if the host has what the line adds. A line that
takes it away at `ifdown` goes with it. Any other command is none of these.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from ipaddress import ip_interface, ip_network

from runbook.plan.changes.messages import MAIN_TABLE
from runbook.plan.routed.facts import main_routes
from runbook.state.addresses import AddressRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import HOOKS, words
from runbook.state.syntax.nic_commands import canonical

UP, DOWN = ("up", "post-up"), ("down", "pre-down", "post-down")
ROUTE = re.compile(r"\b(ip (-\w+ )*r(oute)?|route) (add|replace|append|change|del)\b")
_IGNORED_FAILURE = (("||", "true"), ("||", ":"), ("||", "/bin/true"))
_ADDS, _TAKES = ("add", "replace", "append"), ("del", "delete")
_IFACE = ("$IFACE", '"$IFACE"', "${IFACE}", '"${IFACE}"')
_FAMILIES = {"-4": "inet", "-6": "inet6"}
_NAMED = ("inet", "inet6")
# Words of `ip` that stand before a value of their own.
_VALUED = ("dev", "via", "src", "metric", "table", "label", "brd", "broadcast", "scope", "peer")
_BARE = ("onlink", "nodad", "noprefixroute")
_MAIN = {"main": MAIN_TABLE}
_NUMBER = re.compile(r"[0-9]{1,10}")
# What else a line of a shell may do.
_SHELL = re.compile(r"[;&|<>`$()]")
_NUMBERED, _SWITCHED = ("mtu", "txqueuelen"), ("promisc", "multicast", "allmulticast", "allmulti")
_HARMLESS = ("logger", "echo", "true", ":")
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 (a word of ifconfig)


def is_carried(line: str, nic: str, snapshot: Snapshot) -> bool:
    """Whether the change carries over what this line of a stanza of the NIC does."""
    hook, *command = words(line) or ("",)
    command = _without_ignored_failure(command)
    if hook not in (*UP, *DOWN) or not command:
        return False
    program = posixpath.basename(command[0])
    wanted = _ADDS if hook in UP else _TAKES
    if program == "ip":
        return _ip(command[1:], wanted, nic, snapshot)
    if program == "ifconfig":
        return _ifconfig(command[1:], hook, nic, snapshot)
    return program == "route" and _route(command[1:], wanted, nic, snapshot)


def is_of_link(line: str, nic: str) -> bool:
    """Whether the command needs no address, and may stay: it is about the NIC's link alone."""
    hook, *command = words(line) or ("",)
    command = _without_ignored_failure(command)
    if hook not in HOOKS or not command or _SHELL.search(_without_iface(" ".join(command))):
        return False
    names = (nic, *_IFACE)
    match posixpath.basename(command[0]), command[1:]:
        case "ip", ["link", "set", "dev", name, *settings]:
            known = name in names and _are_of_link(settings)
        case "ip", ["link", "set", name, *settings]:
            known = name in names and _are_of_link(settings)
        case "ifconfig", [name, *settings]:
            known = name in names and _are_of_link([s for s in settings if s != _NO_ADDRESS])
        case "ethtool" | "tc", rest:
            known = any(word in names for word in rest)
        case program, _:
            known = program in _HARMLESS
    return known


def _without_iface(command: str) -> str:
    return command.replace("${IFACE}", "").replace("$IFACE", "")


def _are_of_link(settings: list[str]) -> bool:
    """Whether these words of `ip link set` or ifconfig leave the link up and in its place."""
    alone = {"up", *_SWITCHED, *(f"-{switch}" for switch in _SWITCHED)}
    while settings:
        word, *settings = settings
        value = settings[0] if settings else ""
        numbered = word in _NUMBERED and _NUMBER.fullmatch(value)
        if numbered or (word in _SWITCHED and value in ("on", "off")):
            settings = settings[1:]
        elif word not in alone:
            return False
    return True


def _without_ignored_failure(command: list[str]) -> list[str]:
    return command[:-2] if tuple(command[-2:]) in _IGNORED_FAILURE else command


def _ip(command: list[str], wanted: Sequence[str], nic: str, snapshot: Snapshot) -> bool:
    family, command = _family(command)
    if len(command) < 3 or command[1] not in wanted:  # noqa: PLR2004 - object, verb, what
        return False
    what, _, target, *rest = command
    told = _told(rest)
    if told is None or told.get("dev", nic) not in (nic, *_IFACE):
        return False
    if "address".startswith(what):
        return command[1] in _TAKES or _held(target, told, nic, snapshot)
    if "route".startswith(what):
        return command[1] in _TAKES or _led(target, told, (nic, family), snapshot)
    return False


def _family(command: list[str]) -> tuple[str, list[str]]:
    """The family that options before the object ask for, and the command without them."""
    family = "inet"
    while command and command[0].startswith("-"):
        if command[0] in _FAMILIES:
            family, command = _FAMILIES[command[0]], command[1:]
        elif command[0] in ("-f", "-family") and command[1:2] and command[1] in _NAMED:
            family, command = command[1], command[2:]
        else:
            return "", []
    return family, command


def _told(rest: list[str]) -> dict[str, str] | None:
    """The options of a command of `ip`; None where one is not known."""
    told: dict[str, str] = {}
    while rest:
        if rest[0] in _BARE:
            told[rest.pop(0)] = ""
        elif rest[0] in _VALUED and len(rest) > 1:
            told[rest[0]] = rest[1]
            del rest[:2]
        else:
            return None
    return told


def _held(target: str, options: dict[str, str], nic: str, snapshot: Snapshot) -> bool:
    try:
        address = ip_interface(target)
        length = ip_network(options["peer"], strict=False) if "peer" in options else address.network
    except ValueError:
        return False
    wanted = (nic, str(address.ip), length.prefixlen)
    rows = snapshot.rows(AddressRow)
    return any((row.ifname, row.address, row.prefixlen) == wanted for row in rows)


def _led(
    target: str, options: dict[str, str], through: tuple[str, str], snapshot: Snapshot
) -> bool:
    table = options.get("table", "main")
    if not _NUMBER.fullmatch(table) and table not in _MAIN:
        return False
    wanted = (
        _destination(target),
        canonical(options.get("via", "")),
        _MAIN.get(table) or int(table),
    )
    return any(
        (row.dst, row.gateway, row.table) == wanted
        for row in snapshot.rows(RouteRow)
        if (row.ifname, row.family, row.type) == (*through, "unicast")
    )


def _destination(target: str) -> str:
    if target in ("default", "0.0.0.0/0", "0/0", "::/0"):
        return "default"
    try:
        return str(ip_network(target, strict=False))
    except ValueError:
        return ""


def _ifconfig(command: list[str], hook: str, nic: str, snapshot: Snapshot) -> bool:
    """net-tools: ifconfig NIC:LABEL ADDRESS netmask MASK [broadcast ADDRESS] [up]."""
    name, *rest = command or [""]
    own = {f"{known}:" for known in (nic, *_IFACE)}
    if not any(name.startswith(known) for known in own):
        return False
    if hook in DOWN:
        return rest == ["down"]
    rest = rest[:-1] if rest[-1:] == ["up"] else rest
    if not rest or len(rest) % 2 != 1:
        return False
    values = dict(zip(rest[1::2], rest[2::2], strict=True))
    mask = values.get("netmask", "")
    known = set(values) <= {"netmask", "broadcast"} and mask
    return bool(known) and _held(f"{rest[0]}/{mask}", {}, nic, snapshot)


def _route(command: list[str], wanted: Sequence[str], nic: str, snapshot: Snapshot) -> bool:
    """net-tools: route add [-net|-host] TARGET [netmask MASK] [gw ROUTER] [dev NIC]."""
    if len(command) < 2 or command[0] not in wanted:  # noqa: PLR2004 - verb, target
        return False
    verb, *rest = command
    kind = rest.pop(0) if rest[0] in ("-net", "-host") else ""
    if not rest:
        return False
    target, *rest = rest
    values = dict(zip(rest[::2], rest[1::2], strict=False))
    if len(rest) % 2 or set(values) - {"netmask", "gw", "dev", "metric"}:
        return False
    if values.get("dev", nic) not in (nic, *_IFACE):
        return False
    mask = f"/{values['netmask']}" if kind != "-host" and "netmask" in values else ""
    found = _destination(f"{target}{mask}")
    return verb in _TAKES or any(
        (row.ifname, row.dst, row.gateway) == (nic, found, values.get("gw", ""))
        for row in main_routes(snapshot)
    )
