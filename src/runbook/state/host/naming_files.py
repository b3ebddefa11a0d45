"""Files on the host that name the NIC, and by which other files a boot comes to them.

The host's files are only searched, never run. The search has bounds: lines a file,
characters a line, paths followed, seconds. Where a bound is met, or a file that another
one leads to cannot be read, `complete` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from runbook.common import octets
from runbook.state.host import linked_files, other_names
from runbook.state.host.grep import grep
from runbook.state.host.line_search import MOST_LINES, Line, search
from runbook.state.syntax.nic_commands import IFACE, asks_address, gives_address
from runbook.state.syntax.shell_variables import filled_in, holding
from runbook.transport.host import Reader

# Of the crontabs only root's: any user has one, and may write anything into it.
CRONTAB = "/var/spool/cron/crontabs/root"
# Where an administrator puts what belongs to one host.
TREES = (
    *("/etc", "/usr/local/bin", "/usr/local/sbin", "/usr/local/etc", "/usr/local/lib/systemd"),
    *("/usr/local/libexec", CRONTAB, "/root/bin"),
    *("/run/sysctl.d", "/usr/lib/sysctl.d", "/usr/local/lib/sysctl.d"),
)
# What a boot, ifupdown, libvirt or cron runs by itself.
STARTS = (
    *("/etc/systemd/system", "/usr/local/lib/systemd/system", "/etc/network"),
    *("/etc/libvirt/hooks", "/etc/rc.local", "/etc/init.d"),
    *("/etc/crontab", "/etc/anacrontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily"),
    *("/etc/cron.weekly", "/etc/cron.monthly", CRONTAB),
    *("/etc/udev/rules.d", "/etc/wireguard", "/etc/ppp"),
)
IFUPDOWN = "/etc/network"
# Units of Debian packages, and those that an administrator has put beside them.
UNITS = ("/lib/systemd/system",)
# An instance of a unit that is for the NIC: nothing but its name says so.
INSTANCES = "/etc/systemd/system/*/*@{nic}.*"
LEFT_OUT = ("ssl", "alternatives", "ca-certificates", ".git", "terminfo")
MOST_LETTERS, MOST_FILES, MOST_PATHS, ROUNDS = 160, 200, 200, 3
# What root of an own host writes; programs of Debian packages are elsewhere.
_OWN_PATH = "/(opt|root|srv|home|usr/local)/[A-Za-z0-9._/@+-]+"
_PATH = "/(etc|opt|root|srv|home|usr/local|var/lib)/[A-Za-z0-9._/@+-]+"
FILTERS = "(iptables|ip6tables|nft|ebtables|arptables|ipset|ufw|firewall-cmd)"
# Lines of a script of ifupdown that may configure the interface that comes up.
_ANY_IFACE = r"^[^#]*\b(ip|ifconfig|dhclient|dhcpcd|udhcpc)\b.*[$][{]?IFACE\b.*"
# What scripts of Debian packages give: the address of the stanza itself (bridge-utils), and a route
# to addresses that are of no LAN (avahi-autoipd).
_OF_PACKAGES = re.compile(r"[$][{]?IF_[A-Z]|\b169[.]254[.]0[.]0\b")
# A line that keeps a name in a variable of a shell.
VARIABLE = re.compile(r"\s*(export\s+|local\s+|readonly\s+)?[A-Za-z_]\w*=[^=]|\s*for\s+\w+\s+in\b")
_CONFIGURES = (
    r"\b(ip( -[a-z0-9]+)* a[a-z]* (add|a|replace|change)|ifconfig|dhclient|udhcpc|dhcpcd"
    r"|brctl addif|ifenslave|type (macvlan|macvtap|ipvlan))\b"
)
SCRIPTS = f"{IFUPDOWN}/if-*.d/*"
_LED = re.compile(rb"([^\0]+)\0([^\n]*)\n")


class Use(NamedTuple):
    """A line of a file that does something with a variable."""

    path: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class NamingFile:
    """A file that names the NIC.

    `led_from` are the files that name this one. `filters` says whether a command of a firewall
    is in it, `read_by_filter` whether one is in a file that names it, `unit` what systemd says of
    it where it is a unit ('' where it is none). `configures` says whether the file keeps the name
    in a variable, and it or a file that names it has a command that gives or takes interfaces.
    `asking` are lines that ask by such a variable what the NIC has: its own, or of a file that is
    read together with it.
    """

    path: str
    lines: tuple[Line, ...]
    led_from: tuple[str, ...] = ()
    filters: bool = False
    unit: str = ""
    read_by_filter: bool = False
    configures: bool = False
    asking: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class NamingFiles:
    """All that were found; `complete` is False where the search met a bound.

    `by_variable` are scripts of ifupdown that make firewall rules for `$IFACE`, whichever it is,
    and `giving` those that give it an address, with the lines that do.
    """

    files: tuple[NamingFile, ...] = ()
    complete: bool = True
    by_variable: tuple[str, ...] = ()
    giving: tuple[NamingFile, ...] = ()


def read(host: Reader, nic: str, bridge: str) -> NamingFiles:
    """Search the trees, and then the files that scripts in them name."""
    unread: list[str] = []
    led, whole = _followed(host, unread)
    others = other_names.altnames(host, nic)
    pattern = _names(nic, bridge, others)
    by_path = search(host, ("-r", *_skipped()), pattern, TREES)
    by_path |= search(host, ("-R",), pattern, (*STARTS, *UNITS))
    by_path |= _instances(host, nic, bridge)
    linked, all_linked = linked_files.find(host, TREES)
    if linked:
        by_path |= search(host, ("-r", *_skipped()), pattern, linked, unread)
    if led:
        by_path |= search(host, ("-d", "skip"), pattern, sorted(led), unread)
    by_path = {
        path: tuple(Line(number, other_names.called(text, nic, others)) for number, text in lines)
        for path, lines in by_path.items()
    }
    own = re.compile(_word(nic))
    naming = {p: lines for p, lines in by_path.items() if any(own.search(x.text) for x in lines)}
    nearest = sorted(naming)[:MOST_FILES]
    sources = {source for path in nearest for source in led.get(path, ())}
    filters = _filtering(host, sorted({*nearest, *sources}), unread)
    states = _states(host, nearest)
    acting = _configuring(host, naming, led, unread)
    asking = _asking(host, naming, led, nic, unread)
    files = (
        NamingFile(
            *(path, naming[path], led.get(path, ()), path in filters, states.get(path, "")),
            read_by_filter=not filters.isdisjoint(led.get(path, ())),
            configures=path in acting,
            asking=asking.get(path, ()),
        )
        for path in nearest
    )
    long = any(len(lines) >= MOST_LINES for lines in naming.values())
    complete = whole and all_linked and not unread and not long and len(nearest) == len(naming)
    return NamingFiles(tuple(files), complete, _by_variable(host), _giving(host))


def _by_variable(host: Reader) -> tuple[str, ...]:
    pattern = rf"\b{FILTERS}\b.*[$][{{]?IFACE\b"
    matches = grep(host, ("-R", "-I", "-D", "skip", "-l", "-Z", "-E"), pattern, (IFUPDOWN,))
    return tuple(sorted(octets.text_of(path) for path in matches.split(b"\0") if path))


def _giving(host: Reader) -> tuple[NamingFile, ...]:
    """Scripts that give an address to whichever interface comes up."""
    lines = search(host, ("-R",), _ANY_IFACE, (IFUPDOWN,))
    giving = {
        path: tuple(line for line in found if _gives(line.text))
        for path, found in lines.items()
        if fnmatchcase(path, SCRIPTS)
    }
    return tuple(NamingFile(path, found) for path, found in sorted(giving.items()) if found)


def _gives(text: str) -> bool:
    return gives_address(text, (IFACE,)) and not _OF_PACKAGES.search(text)


def _word(name: str) -> str:
    # `iptables -ieth0` has no space before the name.
    return rf"(\b|-[io]){name.replace('.', '[.]')}\b"


def _names(nic: str, bridge: str, others: tuple[str, ...]) -> str:
    around = f".{{0,{MOST_LETTERS}}}"
    words = "|".join((*map(_word, (nic, bridge, *others)), other_names.patterns(nic)))
    return f"{around}({words}){around}"


def _instances(host: Reader, nic: str, bridge: str) -> dict[str, tuple[Line, ...]]:
    """The units that are for the NIC by their own name."""
    both = host.glob(*(INSTANCES.format(nic=name) for name in (nic, bridge)))
    names = sorted({path.rpartition("/")[2] for path in both})
    lines = tuple(Line(0, name) for name in names)
    return dict.fromkeys(host.glob(INSTANCES.format(nic=nic)), lines)


def _skipped() -> tuple[str, ...]:
    return tuple(f"--exclude-dir={name}" for name in LEFT_OUT)


def _followed(host: Reader, unread: list[str]) -> tuple[dict[str, tuple[str, ...]], bool]:
    """The paths that a boot may come to, with the files that name each; whether those are all."""
    led: dict[str, set[str]] = {}
    paths = _paths(host, ("-R",), _PATH, STARTS) + _paths(host, ("-R",), _OWN_PATH, UNITS)
    for more in reversed(range(ROUNDS)):
        new: set[str] = set()
        for source, path in paths:
            new |= {path} - set(led)
            led.setdefault(path, set()).add(source)
        if not (new and more):
            break
        paths = _paths(host, ("-d", "skip"), _PATH, sorted(new)[:MOST_PATHS], unread)
    sources = {path: tuple(sorted(by - {path})) for path, by in led.items()}
    return sources, len(new) <= MOST_PATHS


def _paths(
    host: Reader,
    how: tuple[str, ...],
    pattern: str,
    places: Iterable[str],
    unread: list[str] | None = None,
) -> list[tuple[str, str]]:
    """Each file with a path that it names."""
    options = (*how, "-I", "-D", "skip", "-H", "-Z", "-o", "-E")
    led_to = _LED.findall(grep(host, options, pattern, places, unread))
    return [(octets.text_of(source), octets.text_of(path)) for source, path in led_to]


def _filtering(host: Reader, paths: list[str], unread: list[str]) -> frozenset[str]:
    if not paths:
        return frozenset()
    options = ("-d", "skip", "-D", "skip", "-l", "-Z", "-w", "-E")
    paths_filtering = grep(host, options, FILTERS, paths, unread)
    return frozenset(octets.text_of(path) for path in paths_filtering.split(b"\0") if path)


def _configuring(
    host: Reader,
    naming: Mapping[str, tuple[Line, ...]],
    led: Mapping[str, tuple[str, ...]],
    unread: list[str],
) -> frozenset[str]:
    """The files that keep the name in a variable for such a command, their own or a reader's."""
    keeping = {
        path: {path, *led.get(path, ())}
        for path, lines in naming.items()
        if any(VARIABLE.match(line.text) for line in lines)
    }
    if not keeping:
        return frozenset()
    options = ("-d", "skip", "-D", "skip", "-l", "-Z", "-E")
    readers = sorted(set().union(*keeping.values()))[:MOST_FILES]
    matches = grep(host, options, _CONFIGURES, readers, unread)
    acting = {octets.text_of(path) for path in matches.split(b"\0") if path}
    return frozenset(path for path, files in keeping.items() if not acting.isdisjoint(files))


def _asking(
    host: Reader,
    naming: Mapping[str, tuple[Line, ...]],
    led: Mapping[str, tuple[str, ...]],
    nic: str,
    unread: list[str],
) -> dict[str, tuple[Use, ...]]:
    """Lines that ask for the NIC by a variable, by the file that gives it the name."""
    variables = {
        path: held
        for path, lines in naming.items()
        if (held := holding((line.text for line in lines), nic))
    }
    if not variables:
        return {}
    readers = {path: _read_with(path, led) for path in variables}
    places = sorted(set().union(*readers.values()))[:MOST_FILES]
    pattern = rf".*[$][{{]?({'|'.join(sorted(set().union(*variables.values())))})\b.*"
    found = search(host, ("-d", "skip"), pattern, places, unread)
    return {
        path: tuple(
            Use(reader, *line)
            for reader in readers[path]
            for line in found.get(reader, ())
            if asks_address(filled_in(line.text, held, nic), (nic,))
        )
        for path, held in variables.items()
    }


def _read_with(path: str, led: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The file, those that name it, and the others that these name: a unit's script, its files."""
    sources = set(led.get(path, ()))
    beside = {other for other, by in led.items() if sources.intersection(by)}
    return sorted({path, *sources, *beside})


def _states(host: Reader, paths: list[str]) -> dict[str, str]:
    """What systemd says of each unit, by its path."""
    units = [path for path in paths if path.endswith(".service")]
    if not units:
        return {}
    names = [path.rpartition("/")[2] for path in units]
    done = host.query(["systemctl", "is-enabled", "--", *names])
    states = octets.text_of(done.stdout).split()
    # A unit that systemd cannot name has no line, and then no line can be told whose it is.
    return dict(zip(units, states, strict=True)) if len(states) == len(units) else {}
