"""The state of a change in progress, by one small query that can be repeated often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runbook.apply.checkpoint import manifest
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.steps.journal import Journal, State
from runbook.transport.host import Reader

OVER = (State.UNDONE, State.INCOMPLETE, State.CONFIRMED, State.STOOD_DOWN)


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """Until when, and what was decided; `deadline` is None where the host does not say."""

    deadline: datetime | None
    log: Journal

    @property
    def state(self) -> State | None:
        """The last word on the change."""
        return self.log.last.state if self.log.last else None

    @property
    def over(self) -> bool:
        """Whether nothing more becomes of the change."""
        return self.state in OVER


def read(host: Reader, place: Layout) -> PollAnswer:
    """Ask; raises ReadFailed or MendAccess where there is no answer."""
    told, log = host.read_files((place.manifest, place.journal))
    return PollAnswer(
        _deadline(told.content if told else b""),
        Journal(log.content.decode(errors="replace") if log else ""),
    )


def _deadline(text: bytes) -> datetime | None:
    try:
        return manifest.loads(text).deadline
    except ValueError:
        return None
