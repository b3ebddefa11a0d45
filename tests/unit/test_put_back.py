"""A host and its guests, put back together: which guests may keep what they have confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest
from tests.unit import fakes

from runbook.errors import GoToTheConsole
from runbook.put_back import Both, put_back
from runbook.rollback import NotCompared, Rollback, WayBack
from runbook.within import PutBack, Within

PLACE = fakes.armed(fakes.standard_host()).layout
NOT_SEEN = GoToTheConsole("not seen", state="-", then="-")
NOT_COMPARED = NotCompared(WayBack("server-01", PLACE, 0.0, None), fakes.seen(), "")


@dataclass
class Guests:
    """Guests that tell nothing."""

    asked: list[bool] = field(default_factory=list)

    def undo(self, _host: object, *, confirmed_too: bool) -> PutBack:
        self.asked.append(confirmed_too)
        return PutBack()


@pytest.mark.parametrize(
    ("error", "host_undone", "confirmed_too"),
    [(NOT_SEEN, True, False), (NOT_COMPARED, True, True), (NOT_COMPARED, False, False)],
)
def test_a_guest_keeps_its_part_unless_its_hosts_is_known_to_be_gone(
    error: GoToTheConsole, *, host_undone: bool, confirmed_too: bool
) -> None:
    def undo() -> Rollback:
        raise error

    guests = Guests()
    within = cast("Within", guests)
    both = Both(within, PLACE, fakes.standard_host, fakes.Time(), host_undone)
    with pytest.raises(type(error)):
        put_back(both, undo)
    assert guests.asked == [confirmed_too]
