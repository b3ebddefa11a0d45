"""What a change needs from the host beyond its network state: programs, services, room, peace.

Who answers for the host's address, and by which interface the operator is
connected, is asked here too: no table of a snapshot holds either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from runbook.common import octets
from runbook.common.debian_packages import PACKAGES
from runbook.common.errors import ReadFailed
from runbook.common.room import Room
from runbook.state import dhcp_clients
from runbook.state.dhcp_clients import Client
from runbook.state.host import (
    late_network,
    naming_files,
    nic_entries,
    nic_hardware,
    operator_connection,
    own_scripts,
    resolved,
    rules_at_boot,
)
from runbook.state.host.late_network import LateNetwork
from runbook.state.host.naming_files import NamingFile, NamingFiles
from runbook.state.host.nic_entries import NicEntries
from runbook.state.host.operator_connection import Connection
from runbook.state.host.resolved import Resolved
from runbook.state.host.rules_at_boot import Persistence
from runbook.transport.host import Completed, Inode, Reader

TOOLS = (
    *("ip", "ss", "virsh", "ping", "sysctl", "sh", "cp", "mv", "rm", "mkdir", "rmdir", "kill"),
    # libvirtd of Debian 12 crashes at its next start if a network is up and this is missing.
    "dnsmasq",
    *("flock", "timeout", "readlink", "systemctl", "systemd-run", "tr", "date", "sync"),
)
# Each of these would take the interface back as soon as it looks at it.
MANAGERS = ("NetworkManager", "systemd-networkd", "connman", "wicked")
# And these have a say in what else becomes of the host's network.
SERVICES = ("docker",)
NETPLAN = ("/etc/netplan/*.yaml", "/run/systemd/network/*netplan*")
ROOM = "/var/lib"
STARTUPS = ("maxstartups", "persourcemaxstartups")
LISTENERS = ("ss", "-Hlunp", "sport", "=", ":67")
NM_DEVICES = ("nmcli", "-t", "-f", "DEVICE,STATE", "device")
_LISTENER = re.compile(r'UNCONN\s+\d+\s+\d+\s+(\S+):67\s+\S+(?:\s+users:\(\("(.*?)",pid=.*)?\s*')
_DEVICE = re.compile(r"\bdev (\S+)")


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket on UDP port 67; `ifname` is '' if it is bound to none, `program` '?' if unknown."""

    address: str
    ifname: str
    program: str


@dataclass(frozen=True, slots=True)
class WritePath:
    """A path that is to be written; `inodes` are the file there, if any, and its folder."""

    path: str
    inodes: tuple[Inode, ...]


@dataclass(frozen=True, slots=True)
class NetworkPlace:
    """The NIC with the host's address, and the bridge that the address is to go to.

    `others` are the further IPv4 addresses of the NIC.
    """

    nic: str
    address: str
    bridge: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Programs that are missing, managers that run, bytes free, listen addresses of sshd.

    `claimants` are the MACs that answered for the host's address, `services`
    those of SERVICES that are active, `netplan` its files, `nm_state` what
    NetworkManager says of the NIC ('' where it does not run or does not
    know). `operator` is the connection that asks, None where it does not come
    through sshd, and `management_ifname` the interface that leads to it, ''
    where that cannot be told. `persistence` is what loads saved firewall rules. `dhcp_clients`
    are all processes that look like one, the host's own and any other. `writes` is what the plan
    writes on the host, `naming` the files that name the NIC, `late` what waits
    for the network at a boot, `resolved` the servers of systemd-resolved. `record` is the room for
    the record on this machine, None where nobody asked. `sshd_startups` are sshd's limits on
    connections that have not logged in yet, by name. `wireless` says that the NIC is Wi-Fi.
    `own_scripts` are an administrator's that ifupdown or the DHCP client runs, `entries` what the
    kernel forgets with the NIC's address.
    """

    missing: tuple[str, ...]
    managers: tuple[str, ...]
    free_bytes: int
    sshd_listens: tuple[str, ...]
    claimants: tuple[str, ...]
    services: tuple[str, ...]
    netplan: tuple[str, ...]
    nm_state: str
    dhcp_servers: tuple[Listener, ...]
    operator: Connection | None
    management_ifname: str
    persistence: Persistence
    dhcp_clients: tuple[Client, ...]
    writes: tuple[WritePath, ...] = ()
    naming: NamingFiles = field(default_factory=NamingFiles)
    late: LateNetwork = field(default_factory=LateNetwork)
    resolved: Resolved = field(default_factory=Resolved)
    record: Room | None = None
    sshd_startups: tuple[tuple[str, str], ...] = ()
    wireless: bool = False
    own_scripts: tuple[NamingFile, ...] = ()
    entries: NicEntries = field(default_factory=NicEntries)


def read(
    host: Reader,
    place: NetworkPlace,
    programs: Sequence[str] = (),
    paths: Sequence[str] = (),
) -> Surroundings:
    """Ask the host; `programs` are further ones that this plan needs, `paths` what it writes."""
    nic, address = place.nic, place.address
    active = _active(host, (*MANAGERS, *SERVICES))
    operator = operator_connection.read(host)
    sshd = _sshd(host)
    return Surroundings(
        _missing(host, (*TOOLS, *programs)),
        tuple(name for name in MANAGERS if name in active),
        _free(host),
        tuple(value for name, value in sshd if name == "listenaddress"),
        host.who_has(address, nic),
        tuple(name for name in SERVICES if name in active),
        host.glob(*NETPLAN),
        _nm_state(host, nic) if "NetworkManager" in active else "",
        tuple(_dhcp_servers(host)),
        operator,
        _leads_to(host, operator) if operator else "",
        rules_at_boot.read(host),
        dhcp_clients.read(host),
        tuple(map(WritePath, paths, host.inodes(paths))),
        naming_files.read(host, nic, place.bridge),
        late_network.read(host, (address, *place.others)),
        resolved=resolved.read(host, nic),
        sshd_startups=tuple(pair for pair in sshd if pair[0] in STARTUPS),
        wireless=nic_hardware.is_wireless(host, nic),
        own_scripts=own_scripts.read(host),
        entries=nic_entries.read(host, nic),
    )


def package_of(program: str) -> str:
    """The Debian package that has the program; '' where this is not known."""
    return PACKAGES.get(program.rsplit("/", 1)[-1], "")


def _missing(host: Reader, names: tuple[str, ...]) -> tuple[str, ...]:
    # The same question whatever the plan, so that a recorded host has the answer to it.
    present = _which(host, tuple(PACKAGES))
    others = dict.fromkeys(name for name in names if name not in PACKAGES)
    present |= {name for name in others if _which(host, (name,))}
    return tuple(name for name in dict.fromkeys(names) if name not in present)


def _which(host: Reader, names: tuple[str, ...]) -> frozenset[str]:
    done = host.query(["which", *names])
    # debianutils' which prints what it finds and is silent about the rest.
    return frozenset(path.rsplit("/", 1)[-1] for path in octets.text_of(done.stdout).split())


def _active(host: Reader, names: tuple[str, ...]) -> frozenset[str]:
    done = host.query(["systemctl", "is-active", *(f"{name}.service" for name in names)])
    states = octets.text_of(done.stdout).split()
    if len(states) != len(names):
        raise _unreadable(host, done, "systemctl is-active")
    return frozenset(n for n, state in zip(names, states, strict=True) if state == "active")


def _free(host: Reader) -> int:
    done = host.query(["df", "--output=avail", "--block-size=1", ROOM])
    last = octets.text_of(done.stdout).split()[-1:]
    if not last or not last[0].isdecimal():
        raise _unreadable(host, done, f"df {ROOM}")
    return int(last[0])


def _sshd(host: Reader) -> tuple[tuple[str, str], ...]:
    """The words of sshd's configuration with their values."""
    lines = host.query(["sshd", "-T"]).stdout.decode(errors="replace").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines)
    return tuple((p[0], p[1].strip()) for p in pairs if len(p) > 1)


def _nm_state(host: Reader, nic: str) -> str:
    lines = host.query(NM_DEVICES).stdout.decode(errors="replace").splitlines()
    return next(
        (state for name, _, state in (ln.partition(":") for ln in lines) if name == nic), ""
    )


def _dhcp_servers(host: Reader) -> Iterator[Listener]:
    done = host.query(LISTENERS)
    for line in done.stdout.decode(errors="replace").splitlines():
        match = _LISTENER.fullmatch(line)
        if match is None:
            raise _unreadable(host, done, " ".join(LISTENERS))
        address, _, ifname = match[1].partition("%")
        yield Listener(address, ifname, match[2] or "?")
    if done.returncode != 0:
        raise _unreadable(host, done, " ".join(LISTENERS))


def _leads_to(host: Reader, operator: Connection) -> str:
    argv = ("ip", "route", "get", operator.client, "from", operator.server)
    match = _DEVICE.search(host.query(argv).stdout.decode(errors="replace"))
    return match[1] if match else ""


def _unreadable(host: Reader, done: Completed, question: str) -> ReadFailed:
    stderr = done.stderr.decode(errors="replace").strip()
    return ReadFailed(
        f"`{question}` gave no answer that can be understood: {stderr or 'nothing'}",
        host=host.name,
        state="nothing was written",
        then=f"run `{question}` on the host and fix what it complains of",
    )
