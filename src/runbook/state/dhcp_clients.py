"""The processes that look like DHCP clients, and which of them are the host's own.

A process chooses its command line, so that alone proves nothing. The host's own client belongs
to root, is in the network namespace of process 1, and runs a program that a Debian package owns.
Every other process is something to show to the operator, and nothing to act on.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from runbook.common.octets import text_of
from runbook.common.printable import printable
from runbook.state.table import understood
from runbook.transport.host import Reader
from runbook.transport.process import Process

OURS = ("dhclient", "dhcpcd")
# Each is, or has in it, a client that takes addresses where it is told to by its own files.
OTHERS = (
    *("udhcpc", "udhcpc6", "dhcp6c", "pump", "connmand", "wickedd-dhcp4", "wickedd-dhcp6"),
    *("systemd-networkd", "NetworkManager"),
)
NAMES = (*OURS, *OTHERS)
# As packages list them. With a merged /usr, /sbin/dhclient runs as /usr/sbin/dhclient.
PROGRAMS = {"dhclient": ("/sbin/dhclient",), "dhcpcd": ("/sbin/dhcpcd", "/sbin/dhcpcd5")}
PACKAGES = ("isc-dhcp-client", "isc-dhcp-client-ddns", "dhcpcd-base", "dhcpcd", "dhcpcd5")
# What dpkg knows of a package's files. They are read: dpkg itself need not be run for it.
LISTS = tuple(f"/var/lib/dpkg/info/{package}.list" for package in PACKAGES)
# The kernel says this of a program whose file was replaced, as an upgrade does.
DELETED = " (deleted)"
# dhcpcd writes over its own argv: "dhcpcd: enp4s0f0 [ip4]". The manager of all interfaces is
# "dhcpcd: [manager] [ip4]", its helpers have other words in the brackets.
_TITLE = "dhcpcd: "
_SERVES = re.compile(r"dhcpcd: (?:\[manager\]|([\w.:-]+)) \[ip[46]\].*|dhcpcd: ([\w.:-]+)")
# That client itself has given up its privileges; this child of it has kept root's.
_PRIVILEGED = re.compile(r"dhcpcd: \[privileged (?:proxy|actioneer)\](?: ([\w.:-]+))?(?: \[.*)?")
# Options of dhclient(8) whose next word is not an interface.
_OF_DHCLIENT = frozenset(
    {
        *("-p", "-D", "-s", "-g", "-e", "-C", "-H", "-F", "-V", "-cf", "-df", "-lf", "-pf", "-sf"),
        *("--dad-wait-time", "--prefix-len-hint", "--decline-wait-time", "--address-prefix-len"),
        *("--timeout", "--request-options"),
    }
)
# The same of dhcpcd(8).
_OF_DHCPCD = frozenset(f"-{letter}" for letter in "cefhijlmortsuvyzCDFIOQSWXZ")
_VALUED = {"dhclient": _OF_DHCLIENT, "dhcpcd": _OF_DHCPCD}


class Trust(Enum):
    """What the kernel and dpkg say of a process that looks like a DHCP client."""

    OWN = "Debian's client, root's, in the host's network"
    FOREIGN = "it can configure the host's network, and is no client of Debian's"
    POWERLESS = "it cannot configure the host's network"
    ELSEWHERE = "it is in another network namespace, as in a container"
    UNKNOWN = "the host did not say whose it is"


@dataclass(frozen=True, slots=True)
class Client:
    """A process and the interface that it says it works for; '' if for all of them.

    `exe` and `owner` are for the operator to read, '' where they are not known.
    """

    program: str
    pid: int
    ifname: str
    argv: tuple[str, ...]
    trust: Trust = Trust.OWN
    exe: str = ""
    owner: str = ""

    @property
    def is_outdated(self) -> bool:
        """Whether its program's file was replaced after it started."""
        return self.exe.endswith(DELETED)


@understood
def read(host: Reader) -> tuple[Client, ...]:
    """Every process of the host that looks like a DHCP client."""
    there = host.processes(NAMES)
    files = host.read_files(LISTS) if any(process.uids for process in there) else ()
    lines = (line for file in files if file for line in text_of(file.content).split("\n"))
    return tuple(clients(there, {_listed(line) for line in lines}))


def clients(processes: Iterable[Process], packaged: Container[str]) -> Iterator[Client]:
    """What looks like a client among the processes; `packaged` are the files of PACKAGES."""
    there = tuple(processes)
    helped = dict(pair for process in there for pair in _helped(process, packaged))
    for process in there:
        argv, own = words(process.cmdline), process.pid in helped
        claims = ((OURS[1], helped[process.pid]),) if own else _serves(process, argv)
        for program, ifname in claims:
            trust = _trust(process, program, packaged, helped=own)
            owner = printable(process.owner or (str(process.uids[1]) if process.uids else ""))
            yield Client(program, process.pid, ifname, argv, trust, printable(process.exe), owner)


def _helped(process: Process, packaged: Container[str]) -> Iterator[tuple[int, str]]:
    """The dhcpcd that this process, root's, configures the network for, and its interface."""
    match = _PRIVILEGED.fullmatch(" ".join(words(process.cmdline)).strip())
    if match and _trust(process, OURS[1], packaged, helped=False) is Trust.OWN:
        yield process.ppid, match[1] or ""


def _trust(process: Process, program: str, packaged: Container[str], *, helped: bool) -> Trust:
    if not process.uids or process.net is None:
        return Trust.UNKNOWN
    if not process.net:
        return Trust.ELSEWHERE
    runs = _listed(process.exe.removesuffix(DELETED))
    trusted = runs in PROGRAMS.get(program, ()) and runs in packaged and process.mnt is True
    if trusted and (process.is_roots or helped):
        return Trust.OWN
    return Trust.FOREIGN if process.configures or helped else Trust.POWERLESS


def _listed(path: str) -> str:
    """The path as a package without a merged /usr lists it."""
    return path.removeprefix("/usr") if path.startswith("/usr/sbin/") else path


def words(cmdline: bytes) -> tuple[str, ...]:
    """The command line that a file /proc/PID/cmdline holds."""
    return tuple(word.decode(errors="replace") for word in cmdline.rstrip(b"\x00").split(b"\x00"))


def _serves(process: Process, argv: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each interface that the process says it serves, '' for all, and by which program."""
    title = " ".join(argv).strip()
    program = _program(process, argv)
    if title.startswith(_TITLE):
        if match := _SERVES.fullmatch(title):
            yield "dhcpcd", match[1] or match[2] or ""
    elif program in OURS:
        for ifname in ifnames(argv[1:], _VALUED[program]) or ("",):
            yield program, ifname
    elif program in OTHERS:
        options = ("-i", "--interface")
        yield program, next((word for before, word in pairwise(argv) if before in options), "")


def _program(process: Process, argv: tuple[str, ...]) -> str:
    """The client that it is by its program's file, or that it calls itself."""
    runs = _listed(process.exe.removesuffix(DELETED))
    for program, paths in PROGRAMS.items():
        if runs in paths:
            return program
    name = argv[0].rsplit("/", 1)[-1]
    return argv[1] if name == "busybox" and argv[1:] else name


def ifnames(argv: Sequence[str], valued: frozenset[str] = _OF_DHCLIENT) -> tuple[str, ...]:
    """The interfaces that a client is given, its own name left out of `argv`."""
    pairs = zip(("", *argv), argv, strict=False)
    return tuple(w for before, w in pairs if not w.startswith("-") and before not in valued)


def in_no_order(argv: Sequence[str]) -> list[tuple[str, str]]:
    """A command line of dhclient: its program's name, and each word with the option it belongs to.

    Equal for two clients that differ in the order of their options alone.
    """
    program, *words = argv
    pairs = zip(("", *words), words, strict=False)
    options = ((before if before in _OF_DHCLIENT else "", word) for before, word in pairs)
    return sorted((("program", program.rpartition("/")[2]), *options))
