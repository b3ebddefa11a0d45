"""Can the host reach what it has to reach? Asked before the change, and again after.

A target is an address, pinged, or ``address:port``, connected to by TCP. The
gateway is always one, those of IPv6 too. What failed before is reported, and
not required after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader
from runbook.transport.router import RouterSays

TRIES = 3
WAIT_S = 1
# The standard library's own client, so that nothing has to be installed for it.
CONNECT = "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()"
NOT_FOUND = 127
LINK_LOCAL = "fe80:"


@dataclass(frozen=True, slots=True)
class Probe:
    """One target, and whether it answered."""

    target: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Probed:
    """All targets at one moment, and the MAC that the gateway answers to (None: no answer).

    `router` is what the router itself said, None where it is not to be asked.
    """

    probes: tuple[Probe, ...]
    gateway: str
    gateway_sees: str | None
    router: RouterSays | None = None

    def answered(self) -> frozenset[str]:
        """The targets that did answer."""
        return frozenset(p.target for p in self.probes if p.answered)


def probe(host: Reader, gateway: str, targets: Sequence[str], nic: str, holder: str = "") -> Probed:
    """Ask each target from the host; `holder` has the addresses now, where it is not the NIC."""
    targets_once = dict.fromkeys((gateway, *targets))
    probes = tuple(Probe(target, _answers(host, target, holder or nic)) for target in targets_once)
    return Probed(probes, gateway, host.gateway_mac_view(gateway, nic))


def probe_again(host: Reader, before: Probed, nic: str, holder: str) -> Probed:
    """Ask what was asked before a change once more after it."""
    return probe(host, before.gateway, [asked.target for asked in before.probes], nic, holder)


def _answers(host: Reader, target: str, holder: str) -> bool:
    argv = _argv(target, holder)
    for _ in range(TRIES):
        done = host.query(argv, timeout=WAIT_S + 5)
        if done.returncode == 0:
            return True
        if done.returncode == NOT_FOUND:
            raise _missing(host, argv[0])
    return False


def _argv(target: str, holder: str) -> list[str]:
    ping = ["ping", "-n", "-q", "-c", "1", "-W", str(WAIT_S)]
    if target.startswith(LINK_LOCAL):
        return [*ping, f"{target}%{holder}"]
    address, _, port = target.partition(":")
    if port and target.count(":") == 1:
        return ["python3", "-I", "-c", CONNECT, address, port]
    return [*ping, target]


def _missing(host: Reader, program: str) -> ReadFailed:
    return ReadFailed(
        f"the host has no {program}, so nothing can be probed from it",
        host=host.name,
        state="this probe wrote nothing",
        then=f"install {program} on the host",
    )
