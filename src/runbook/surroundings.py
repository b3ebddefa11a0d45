"""What a change needs from the host beyond its network state: programs, services, room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runbook import connection, persistence
from runbook.errors import ReadFailed
from runbook.netfilter.packet import Connection
from runbook.persistence import ABSENT, Persistence
from runbook.transport.host import Reader

TOOLS = (
    *("ip", "virsh", "ping", "sysctl", "sh", "cp", "mv", "rm", "mkdir", "rmdir", "kill"),
    # libvirtd of Debian 12 crashes at its next start if a network is up and this is missing.
    "dnsmasq",
    *("flock", "timeout", "readlink", "systemctl", "systemd-run", "tr", "date", "sync"),
)
# Each of these would take the interface back as soon as it looks at it.
MANAGERS = ("NetworkManager", "systemd-networkd", "connman", "wicked")
ROOM = "/var/lib"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Programs that are missing, managers that run, bytes free, listen addresses of sshd.

    `operator` is the connection that asks, None where it does not come through sshd;
    `persistence` is what loads saved firewall rules at boot.
    """

    missing: tuple[str, ...]
    managers: tuple[str, ...]
    free_bytes: int
    sshd_listens: tuple[str, ...]
    operator: Connection | None = None
    persistence: Persistence = ABSENT


def read(host: Reader, programs: Sequence[str] = ()) -> Surroundings:
    """Ask the host; `programs` are further ones that this plan needs."""
    return Surroundings(
        _missing(host, (*TOOLS, *programs)),
        _managers(host),
        _free(host),
        _listens(host),
        connection.read(host),
        persistence.read(host),
    )


def _missing(host: Reader, names: tuple[str, ...]) -> tuple[str, ...]:
    done = host.query(["which", *names])
    # debianutils' which prints what it finds and is silent about the rest.
    found = {line.rsplit("/", 1)[-1] for line in done.stdout.decode().split()}
    return tuple(name for name in dict.fromkeys(names) if name not in found)


def _managers(host: Reader) -> tuple[str, ...]:
    done = host.query(["systemctl", "is-active", *(f"{name}.service" for name in MANAGERS)])
    states = done.stdout.decode().split()
    if len(states) != len(MANAGERS):
        raise _unreadable(host, "systemctl is-active", done.stderr.decode(errors="replace"))
    return tuple(m for m, state in zip(MANAGERS, states, strict=True) if state == "active")


def _free(host: Reader) -> int:
    done = host.query(["df", "--output=avail", "--block-size=1", ROOM])
    last = done.stdout.decode().split()[-1:]
    if not last or not last[0].isdigit():
        raise _unreadable(host, f"df {ROOM}", done.stderr.decode(errors="replace"))
    return int(last[0])


def _listens(host: Reader) -> tuple[str, ...]:
    lines = host.query(["sshd", "-T"]).stdout.decode(errors="replace").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines)
    return tuple(p[1] for p in pairs if len(p) > 1 and p[0] == "listenaddress")


def _unreadable(host: Reader, what: str, said: str) -> ReadFailed:
    return ReadFailed(
        f"`{what}` gave no answer that can be understood: {said.strip() or 'nothing'}",
        host=host.name,
        state="nothing was written",
        then=f"run `{what}` on the host and mend what it complains of",
    )
