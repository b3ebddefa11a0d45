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
    def exit_status(self) -> int:
        """0 good, 3 refused, 4 as before, 5 unknown, 6 armed; 1 and 2 are other errors."""
        return _STATUS.get(self, 0)


_STATUS = {
    FleetEnd.REFUSED: 3,
    FleetEnd.AS_BEFORE: 4,
    FleetEnd.UNKNOWN: 5,
    FleetEnd.ARMED: 6,
}
_OF_RUN = {
    Ending.AS_PROMISED: FleetEnd.AS_PROMISED,
    Ending.NOTHING_TO_DO: FleetEnd.NOTHING_TO_DO,
    Ending.PLANNED_ONLY: FleetEnd.PLANNED,
    Ending.LOOKED: FleetEnd.PLANNED,
    Ending.SURVEYED: FleetEnd.AS_PROMISED,
    Ending.UNDONE: FleetEnd.AS_PROMISED,
    Ending.REFUSED: FleetEnd.REFUSED,
    Ending.AS_BEFORE: FleetEnd.AS_BEFORE,
    Ending.UNKNOWN: FleetEnd.UNKNOWN,
}


def of_run(ending: str, exit_status: int) -> FleetEnd | None:
    """What a run says of itself; None if it says nothing that its exit status bears out."""
    known = {str(each): end for each, end in _OF_RUN.items()}
    end = known.get(ending)
    return end if end is not None and end.good == (exit_status == 0) else None


def worst(ends: Iterable[FleetEnd]) -> int:
    """The exit status of all: that of the host that needs a person most."""
    return max((end.exit_status for end in ends), default=0)
