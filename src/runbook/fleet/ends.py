"""How one host's run can end, and the exit status of all."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from runbook.run.record import Ending


class FleetEnd(StrEnum):
    """How the run of one host ended."""

    AS_PROMISED = "as promised"
    NOTHING_TO_DO = "nothing to do"
    PLANNED = "planned"
    REFUSED = "refused"
    AS_BEFORE = "as before"
    DRIFTED = "not as recorded"
    UNKNOWN = "unknown"
    ARMED = "armed"

    @property
    def good(self) -> bool:
        """Whether it counts as no failure."""
        return self in (self.AS_PROMISED, self.NOTHING_TO_DO, self.PLANNED)

    @property
    def settled(self) -> bool:
        """Whether a resumed run leaves the host alone."""
        return self in (self.AS_PROMISED, self.NOTHING_TO_DO)

    @property
    def needs_a_person(self) -> bool:
        """Whether a resumed run may go on only after somebody has looked at the host."""
        return self in (self.ARMED, self.UNKNOWN, self.DRIFTED)

    @property
    def exit_status(self) -> int:
        """0 good, 3 refused, 4 as before, 5 unknown, 6 armed, 7 not as recorded."""
        return _STATUS.get(self, 0)


# The last one needs a person most.
_STATUS = {
    FleetEnd.REFUSED: 3,
    FleetEnd.AS_BEFORE: 4,
    FleetEnd.DRIFTED: 7,
    FleetEnd.UNKNOWN: 5,
    FleetEnd.ARMED: 6,
}
# All that began ended well, and some were not begun.
UNFINISHED = 8
_OF_RUN = {
    Ending.AS_PROMISED: FleetEnd.AS_PROMISED,
    Ending.NOTHING_TO_DO: FleetEnd.NOTHING_TO_DO,
    Ending.PLANNED_ONLY: FleetEnd.PLANNED,
    Ending.LOOKED: FleetEnd.PLANNED,
    Ending.SURVEYED: FleetEnd.AS_PROMISED,
    Ending.UNDONE: FleetEnd.AS_PROMISED,
    Ending.DRIFTED: FleetEnd.DRIFTED,
    Ending.REFUSED: FleetEnd.REFUSED,
    Ending.AS_BEFORE: FleetEnd.AS_BEFORE,
    Ending.UNKNOWN: FleetEnd.UNKNOWN,
}


def of_run(ending: str, exit_status: int) -> FleetEnd | None:
    """What a run says of itself; None if it says nothing that its exit status bears out."""
    known = {str(each): each for each in _OF_RUN}.get(ending)
    return _OF_RUN[known] if known and known.exit_status == exit_status else None


def worst(ends: Iterable[FleetEnd]) -> int:
    """The exit status of all: that of the host that needs a person most."""
    order = [0, *_STATUS.values()]
    return max((end.exit_status for end in ends), key=order.index, default=0)
