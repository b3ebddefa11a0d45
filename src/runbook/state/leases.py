"""DHCP clients that run, and the leases on disk."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from runbook.common.redact import redact_argv
from runbook.state import dhcp_clients
from runbook.state.dhcp_clients import OTHERS, Client, Trust
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import HostFile, Reader


class LeaseRow(NamedTuple):
    """One DHCP client, lease file, or both."""

    client: Annotated[str, "dhclient, dhcpcd, or one that is of another manager"]
    pid: Annotated[int, "its process, 0 where there is only a lease file"]
    ifname: Annotated[str, "the interface it configures, '' for all of them"]
    argv: Annotated[str, "its command line, quoted for a shell"]
    lease_file: Annotated[str, "where its leases are, or ''"]
    address: Annotated[str, "the address leased last, or ''"]
    server: Annotated[str, "the server that gave it, or ''"]
    expires: Annotated[str, "when it ends, UTC, ISO 8601, or ''"]


KEY = ("client", "ifname", "lease_file")
VOLATILE = ("pid", "expires")
# Also a folder an interface, as some hosts keep them: /var/lib/dhcp/enp4s0f0/leases.
LEASE_FILES = (
    *("/var/lib/dhcp/dhclient*.leases", "/var/lib/dhcp/*/leases", "/var/lib/dhcp/*/*.leases"),
    *("/var/lib/dhcpcd/*.lease", "/var/lib/dhcpcd/*.lease6", "/var/lib/dhcpcd5/*.lease"),
)
_BLOCK = re.compile(r"lease\s*\{(.*?)\}", re.DOTALL)
_STATEMENT = re.compile(r"^\s*(?:option\s+)?([\w-]+)\s+(.*?);\s*$", re.MULTILINE)
_INTERFACE = re.compile(r'^\s*interface\s+"([^"]+)";', re.MULTILINE)
_FOLDER = re.compile(r"/var/lib/dhcp/([^/]+)/")
_STEM = re.compile(r"dhclient6?[.-]?(.*)\.leases")


@dataclass(frozen=True, slots=True)
class Lease:
    """The last lease for an interface in a file; '' where the file has only the interface."""

    path: str
    ifname: str
    address: str = ""
    server: str = ""
    expires: str = ""

    @property
    def program(self) -> str:
        """Whose file it is."""
        return "dhcpcd" if self.path.startswith("/var/lib/dhcpcd") else "dhclient"

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies its row."""
        return (self.program, self.ifname, self.path)

    def row(self, pid: int = 0, argv: str = "") -> LeaseRow:
        """Its row, with the client that keeps it."""
        shown = (self.address, self.server, self.expires)
        return LeaseRow(self.program, pid, self.ifname, argv, self.path, *shown)


def parse(clients: Iterable[Client], files: Iterable[HostFile]) -> tuple[LeaseRow, ...]:
    """One row a client and lease file; each stands alone where the other is missing."""
    leases = [lease for file in files for lease in _leases(file)]
    running = [(client, _kept_by(client, leases)) for client in clients]
    running_keys = {lease.key for _, lease in running}
    rows = [
        lease.row(client.pid, shlex.join(redact_argv(client.argv)))._replace(client=client.program)
        for client, lease in running
    ]
    idle = [lease.row() for lease in leases if lease.key not in running_keys]
    return ordered([*rows, *idle], KEY)


def _kept_by(client: Client, leases: list[Lease]) -> Lease:
    of_it = [ls for ls in leases if (ls.program, ls.ifname) == (client.program, client.ifname)]
    if "-lf" in client.argv[:-1]:
        path = client.argv[client.argv.index("-lf") + 1]
        return next((ls for ls in of_it if ls.path == path), Lease(path, client.ifname))
    of_version = [ls for ls in of_it if ("dhclient6" in ls.path) == ("-6" in client.argv)]
    return next(iter(of_version), Lease("", client.ifname))


def _leases(file: HostFile) -> Iterator[Lease]:
    name = file.path.rsplit("/", 1)[-1]
    if name.endswith((".lease", ".lease6")):
        # dhcpcd keeps the server's last packet as it came; its name is enough here.
        stem = name.rpartition(".lease")[0].removeprefix("dhcpcd-")
        yield Lease(file.path, stem.removesuffix("-"))
        return
    text = file.content.decode(errors="replace")
    # Leases of IPv6 have other blocks; whose they are is all that is needed of them.
    names = _INTERFACE.findall(text) or [_of_path(file.path)]
    last = {ifname: Lease(file.path, ifname) for ifname in names}
    for block in _BLOCK.findall(text):
        lease = _lease(file.path, names[-1], block)
        last[lease.ifname] = lease
    yield from last.values()


def _of_path(path: str) -> str:
    stem, folder = _STEM.fullmatch(path.rsplit("/", 1)[-1]), _FOLDER.match(path)
    return (stem[1] if stem else "") or (folder[1] if folder else "")


def _lease(path: str, ifname: str, block: str) -> Lease:
    statements = {word: value.strip('"') for word, value in _STATEMENT.findall(block)}
    return Lease(
        path,
        statements.get("interface", ifname),
        statements.get("fixed-address", ""),
        statements.get("dhcp-server-identifier", ""),
        _expires(statements.get("expire", "")),
    )


def _expires(value: str) -> str:
    words = value.split()
    try:
        moment = datetime.strptime(" ".join(words[1:3]), "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return ""
    return moment.isoformat()


@understood
def read(host: Reader) -> tuple[LeaseRow, ...]:
    """Look through the clients that can configure the host's network, and the lease files."""
    running = (client for client in dhcp_clients.read(host) if _counts(client))
    there = host.glob(*LEASE_FILES)
    files = [file for file in host.read_files(list(dict.fromkeys(there))) if file is not None]
    return parse(running, files)


def _counts(client: Client) -> bool:
    """Whether it is the host's own, or that of another manager with a say in its network."""
    own = client.trust is Trust.OWN
    return own or (client.trust is Trust.FOREIGN and client.program in OTHERS)


TABLE = Table("leases", LeaseRow, KEY, read, VOLATILE)
