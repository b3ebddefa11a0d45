"""DHCP clients that run, and the leases on disk."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from runbook.state.table import Table, frame
from runbook.transport.host import HostFile, Reader

COLUMNS = {
    "client": ("str", "dhclient or dhcpcd"),
    "pid": ("int64", "its process, 0 where there is only a lease file"),
    "ifname": ("str", "the interface it configures"),
    "argv": ("str", "its command line, quoted for a shell"),
    "lease_file": ("str", "where its leases are, or ''"),
    "address": ("str", "the address leased last, or ''"),
    "server": ("str", "the server that gave it, or ''"),
    "expires": ("str", "when it ends, UTC, ISO 8601, or ''"),
}
KEY = ("client", "ifname", "lease_file")
VOLATILE = ("pid", "expires")
LEASE_FILES = ("/var/lib/dhcp/dhclient*.leases", "/var/lib/dhcpcd/*.lease")
PROCESSES = "/proc/[0-9]*/cmdline"
_BLOCK = re.compile(r"lease\s*\{(.*?)\}", re.DOTALL)
_STATEMENT = re.compile(r"^\s*(?:option\s+)?([\w-]+)\s+(.*?);\s*$", re.MULTILINE)
# Written over its own argv: "dhcpcd: enp4s0f0 [ip4]"; the manager of all is
# "dhcpcd: [manager] [ip4]", its helpers have other words in the brackets.
_DHCPCD = re.compile(r"dhcpcd: (?:\[manager\]|([\w.:-]+)) \[ip[46]\].*|dhcpcd: ([\w.:-]+)")
_FAMILY = re.compile(r"enp|eth|en|wl")


@dataclass(frozen=True, slots=True)
class Client:
    """A running client and the interface it works for."""

    program: str
    pid: int
    ifname: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """The last lease in a file."""

    ifname: str
    address: str = ""
    server: str = ""
    expires: str = ""


def parse(clients: Iterable[Client], files: Iterable[HostFile]) -> pd.DataFrame:
    """One row a client and lease file; each stands alone where the other is missing."""
    leases = {file.path: _lease(file) for file in files}
    rows: dict[tuple[str, str, str], tuple[object, ...]] = {}
    for path, lease in leases.items():
        program = "dhcpcd" if path.startswith("/var/lib/dhcpcd/") else "dhclient"
        rows[program, lease.ifname, path] = (program, 0, lease.ifname, "", path, *_shown(lease))
    for client in clients:
        path = _lease_path(client, leases)
        shown = _shown(leases.get(path, Lease(client.ifname)))
        row = (client.program, client.pid, client.ifname, shlex.join(client.argv), path, *shown)
        rows[client.program, client.ifname, path] = row
    return frame(COLUMNS, KEY, rows.values())


def _shown(lease: Lease) -> tuple[str, str, str]:
    return (lease.address, lease.server, lease.expires)


def _lease_path(client: Client, leases: dict[str, Lease]) -> str:
    if client.program == "dhclient" and "-lf" in client.argv[:-1]:
        return client.argv[client.argv.index("-lf") + 1]
    of_program = "/dhcpcd/" if client.program == "dhcpcd" else "/dhcp/"
    found = [p for p, lease in leases.items() if of_program in p and lease.ifname == client.ifname]
    return found[0] if found else ""


def _lease(file: HostFile) -> Lease:
    name = file.path.rsplit("/", 1)[-1]
    if name.endswith(".lease"):
        # dhcpcd keeps the server's last packet as it came; its name is enough here.
        return Lease(name.removesuffix(".lease").removesuffix("-"))
    blocks = _BLOCK.findall(file.content.decode(errors="replace"))
    stem = name.removeprefix("dhclient").removesuffix(".leases").strip(".")
    if not blocks:
        return Lease(stem)
    said = {word: value.strip('"') for word, value in _STATEMENT.findall(blocks[-1])}
    return Lease(
        said.get("interface", stem),
        said.get("fixed-address", ""),
        said.get("dhcp-server-identifier", ""),
        _expires(said.get("expire", "")),
    )


def _expires(value: str) -> str:
    words = value.split()
    try:
        moment = datetime.strptime(" ".join(words[1:3]), "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return ""
    return moment.isoformat()


def clients(cmdlines: dict[int, bytes]) -> Iterator[Client]:
    """The DHCP clients among the command lines of /proc, by pid."""
    for pid, line in cmdlines.items():
        argv = tuple(word.decode(errors="replace") for word in line.rstrip(b"\x00").split(b"\x00"))
        program = argv[0].rsplit("/", 1)[-1]
        if program == "dhclient":
            yield Client("dhclient", pid, argv[-1], argv)
        elif match := _DHCPCD.fullmatch(" ".join(argv).strip()):
            yield Client("dhcpcd", pid, match[1] or match[2] or "", argv)


def read(host: Reader) -> pd.DataFrame:
    """Look through the processes and the lease files."""
    processes = host.glob(PROCESSES)
    found = zip(processes, host.read_files(processes), strict=True)
    cmdlines = {int(path.split("/")[2]): f.content for path, f in found if f and f.content}
    paths = [path for pattern in LEASE_FILES for path in host.glob(pattern)]
    files = [file for file in host.read_files(paths) if file is not None]
    return parse(clients(cmdlines), files)


TABLE = Table("leases", COLUMNS, KEY, read, VOLATILE)
