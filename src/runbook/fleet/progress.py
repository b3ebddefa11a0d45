"""How far a fleet run is: for each host what it is at and how long it still takes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import HostEnd, LedgerState

AT_WORK, WAITS, PLANNING = "at work", "waits", "planning"
# Says in which cell of its notebook the run of a host is; '' if that is not known.
StageOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class HostProgress:
    """One host: its batch, what it is at, seconds so far, seconds left (None: not known)."""

    host: str
    batch: int
    state: str
    stage: str = ""
    took_s: float | None = None
    left_s: float | None = None
    end: HostEnd | None = None


@dataclass(frozen=True, slots=True)
class FleetProgress:
    """All hosts in the order of their batches; seconds left for all of them, if known."""

    hosts: tuple[HostProgress, ...]
    left_s: float | None = None

    @property
    def done(self) -> int:
        """How many need nothing more."""
        return sum(each.end is not None and each.end.end.settled for each in self.hosts)

    @property
    def failed(self) -> tuple[HostProgress, ...]:
        """Those that count as failures."""
        return tuple(each for each in self.hosts if each.end and not each.end.end.good)

    @property
    def at_work(self) -> tuple[HostProgress, ...]:
        """Those whose run goes on."""
        return tuple(each for each in self.hosts if each.state == AT_WORK)


def progress(state: LedgerState, now: datetime, stage_of: StageOf) -> FleetProgress:
    """What the ledger says now."""
    usual = _usual_s(state.ended)
    hosts = tuple(
        _host(state, host, number, (now, usual, stage_of))
        for number, batch in enumerate(state.plan.batches, 1)
        for host in batch
    )
    return FleetProgress(hosts, _left_s(state, usual, hosts))


def _host(
    state: LedgerState, host: str, batch: int, by: tuple[datetime, float | None, StageOf]
) -> HostProgress:
    now, usual, stage_of = by
    if host in state.ended:
        end = state.ended[host]
        return HostProgress(host, batch, str(end.end), took_s=end.seconds, end=end)
    if host in state.begun:
        took = max((now - state.begun[host]).total_seconds(), 0.0)
        left = None if usual is None else max(usual - took, 0.0)
        return HostProgress(host, batch, AT_WORK, stage_of(host), took, left)
    planned = state.planned.get(host)
    if planned is None:
        return HostProgress(host, batch, WAITS)
    return HostProgress(host, batch, str(planned.end), took_s=planned.seconds, end=planned)


def _usual_s(ended: Mapping[str, HostEnd]) -> float | None:
    """What a host took that was changed; a host with nothing to do says nothing of that."""
    took = [end.seconds for end in ended.values() if end.end is FleetEnd.AS_PROMISED]
    return median(took) if took else None


def _left_s(
    state: LedgerState, usual: float | None, hosts: tuple[HostProgress, ...]
) -> float | None:
    """The batch at work until its last host ends, then each batch as long as a host usually takes.

    None until a host was changed.
    """
    if usual is None:
        return None
    at_work = max((each.left_s or 0.0 for each in hosts if each.state == AT_WORK), default=0.0)
    to_come = [
        batch
        for batch in state.plan.batches
        if not any(host in state.begun for host in batch)
        and not all(state.is_settled(host) for host in batch)
    ]
    return at_work + len(to_come) * (usual + state.plan.pause_s)
