"""A host and its guests, put back together: which guests may keep what they have confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest
from tests.unit import fakes

from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.apply.rollback import NotCompared, Rollback, WayBack
from runbook.apply.steps import journal
from runbook.common.errors import GoToTheConsole
from runbook.guest.sessions import GuestSessions
from runbook.run.undo import UndoConnection, put_back
from runbook.state.diff import compare

PLACE = fakes.armed(fakes.standard_host()).layout
NOT_SEEN = GoToTheConsole("not seen", state="-", then="-")
NOT_COMPARED = NotCompared(WayBack("server-01", PLACE, 0.0, None), fakes.seen(), "")


@dataclass
class Guests:
    """Guests that tell nothing."""

    asked: list[bool] = field(default_factory=list)
    found: tuple[GuestDifference, ...] = ()

    def undo(self, _host: object, *, confirmed_too: bool) -> tuple[GuestDifference, ...]:
        self.asked.append(confirmed_too)
        return self.found


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
    way = UndoConnection(PLACE, fakes.standard_host, fakes.Time(), host_undone)
    with pytest.raises(type(error)):
        put_back(cast("GuestSessions", guests), way, undo)
    assert guests.asked == [confirmed_too]


OTHER = GuestDifference("vm-01", DifferenceKind.SETTING, "vm-01: addresses: was a, is b")


@pytest.mark.parametrize("failed", [(), (OTHER,)])
def test_as_before_is_written_of_both_once_the_guests_were_looked_at(
    failed: tuple[GuestDifference, ...],
) -> None:
    """A program that dies before that leaves it to the next one to look."""
    host, seen = fakes.standard_host(), fakes.seen()
    host.hold(PLACE.journal)
    good = Rollback("why", seen, compare(seen, seen), "")
    sessions = cast("GuestSessions", Guests(found=failed))
    way = UndoConnection(PLACE, lambda: host, fakes.Time())
    assert put_back(sessions, way, lambda: good).as_before is not bool(failed)
    written = journal.read(host, PLACE.journal).text
    assert (journal.AS_BEFORE in written, journal.DIFFERS in written) == (not failed, bool(failed))
    if failed:
        assert journal.Journal(written).compared == journal.UNLIKE
        assert f"{journal.UNLIKE}: {failed[0]}\n" in written
