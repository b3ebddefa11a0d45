"""How a host stands: the change that holds it, or the last change, or neither. Only looks."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.apply.checkpoint import armed_change
from runbook.apply.checkpoint.armed_change import ArmedChange, Checkpoint
from runbook.apply.checkpoint.history import EndedChange, latest
from runbook.common.clock import Clock, SystemClock
from runbook.common.errors import Refused
from runbook.params import KnownHost
from runbook.run.session import HostSession
from runbook.state.identity import machine_id
from runbook.transport.connect import visit


@dataclass(frozen=True, slots=True)
class HostStatus:
    """How a host stands: the change that holds it, or else the last one, or neither."""

    host: str
    armed: ArmedChange | None = None
    ended: EndedChange | None = None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What the host keeps of that change."""
        change = self.armed or self.ended
        return change.checkpoint if change else None

    @property
    def state(self) -> str:
        """In a word or two, for programs."""
        if self.armed:
            return "undoing" if self.armed.undoing else "stale" if self.armed.stale else "armed"
        return self.ended.end if self.ended else "never changed"

    def describe(self) -> tuple[str, ...]:
        """Sentences for an operator."""
        change = self.armed or self.ended
        return change.describe() if change else ("no change was ever armed on this host",)

    def as_dict(self) -> dict[str, object]:
        """In JSON's own types, for programs; what is not known is null."""
        fields: dict[str, object] = {"host": self.host, "state": self.state}
        if checkpoint := self.checkpoint:
            fields |= _as_dict(checkpoint)
        if armed := self.armed:
            fields["seconds_left"] = armed.countdown.left_s
            fields["stale"] = list(armed.stale)
        return {**fields, "said": list(self.describe())}


def _as_dict(checkpoint: Checkpoint) -> dict[str, object]:
    manifest = checkpoint.manifest
    return {
        "change_id": checkpoint.place.change_id,
        "operator": manifest.operator if manifest else None,
        "armed_at": manifest.armed_at.isoformat() if manifest else None,
        "deadline": manifest.deadline.isoformat() if manifest else None,
        "steps": len(manifest.steps) if manifest else None,
        "steps_made": len(checkpoint.log.done()),
        "step_open": checkpoint.open_step or None,
        "undo_began": checkpoint.log.undo_began,
        "undo": checkpoint.place.undo if checkpoint.undo_script else None,
        "damage": list(checkpoint.damage),
    }


def open_host_session(host: KnownHost, clock: Clock | None = None) -> HostSession:
    """Connect to the host; it is not changed by that."""
    met = visit(host, clock or SystemClock())
    return HostSession(host, met.host, met.operator, met.change_id, met.clock, met.connect)


def read_standing(session: HostSession) -> HostStatus:
    """How the host stands; writes nothing. Raises Refused if it is not the machine pinned."""
    _refuse_another_machine(session)
    armed = armed_change.find(session.host, session.clock.now())
    ended = None if armed else latest(session.host)
    return HostStatus(session.params.host, armed, ended)


def _refuse_another_machine(session: HostSession) -> None:
    pinned, host = session.params.machine_id, session.params.host
    if pinned is None:
        return
    answering = machine_id(session.host)
    if answering != pinned:
        raise Refused(
            f"this is another machine: its machine id is {answering or 'not to be read'},"
            f" and params/{host}.yaml pins {pinned}",
            host=host,
            state="nothing was written by this run",
            then="see where `destination` leads; if it is the right machine, correct `machine_id`",
        )
