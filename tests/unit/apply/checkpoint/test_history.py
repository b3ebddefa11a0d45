from __future__ import annotations

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import Armed, layout
from runbook.apply.checkpoint.history import latest
from runbook.apply.steps import journal


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


def test_a_host_that_never_had_a_change_has_no_last_one(host: fakes.FakeHost) -> None:
    assert latest(host) is None


@pytest.mark.parametrize(
    ("lines", "state", "said"),
    [
        ("confirmed: the change stays", "confirmed", "confirmed at"),
        ("confirming, by me", "confirmed", "confirmed at"),
        ("undo (deadline): begins\n2 undo (deadline): finished: x", "undone", "its deadline"),
        ("undo (boot): begins\n2 undo (announce): finished: x", "undone", "at a boot"),
        ("undo (console): begins\n2 undo (console): finished: x", "undone", "by hand"),
        ("stood down: why", "stood down", "before its first step"),
        ("undo (boot): begins", "not told", "does not say how it ended"),
        ("step 1 begins: x", "not told", "does not say how it ended"),
    ],
)
def test_how_the_last_change_ended_is_in_its_journal(
    armed: Armed,
    host: fakes.FakeHost,
    lines: str,
    state: str,
    said: str,
) -> None:
    fakes.add(host, armed.layout.journal, f"2026-03-01T12:00:09Z {lines}\n")
    del host.links[layout.ARMED]
    there = latest(host)
    assert there is not None
    assert there.end == state
    assert said in there.outcome


def test_the_newest_change_counts_and_one_that_was_never_armed_does_not(
    armed: Armed, host: fakes.FakeHost
) -> None:
    fakes.undone(host, armed, "deadline")
    host.hold(f"{layout.ROOT}/20260401T000000Z-ffffff/journal")
    host.hold(f"{layout.ROOT}/20250101T000000Z-ffffff/journal", "1 confirmed: x\n")
    there = latest(host)
    assert there is not None
    assert there.checkpoint.place.change_id == armed.change_id


def test_guests_that_kept_their_part_of_an_undone_change_are_told_until_somebody_compared(
    armed: Armed, host: fakes.FakeHost
) -> None:
    fakes.add(host, armed.layout.journal, f"2026-03-01T12:00:08Z {journal.GUESTS_CONFIRM}\n")
    fakes.undone(host, armed, "deadline")
    there = latest(host)
    assert there is not None
    assert any("`runbook undo" in line for line in there.describe())
    fakes.add(host, armed.layout.journal, f"2026-03-01T12:00:09Z {journal.AS_BEFORE}\n")
    compared = latest(host)
    assert compared is not None
    assert not any("guests" in line for line in compared.describe())


def test_a_guest_that_was_not_seen_to_be_as_before_leads_to_an_undo_that_looks_again(
    armed: Armed, host: fakes.FakeHost
) -> None:
    fakes.undone(host, armed, "operator")
    unlike = f"2026-03-01T12:00:09Z {journal.UNLIKE}: vm-01 is not seen to be as before\n"
    fakes.add(host, armed.layout.journal, unlike)
    there = latest(host)
    assert there is not None
    assert any(f"`runbook undo {there.host}`" in line for line in there.describe())
    fakes.add(host, armed.layout.journal, f"2026-03-01T12:00:19Z {journal.AS_BEFORE}\n")
    compared = latest(host)
    assert compared is not None
    assert not any("guest" in line for line in compared.describe())
