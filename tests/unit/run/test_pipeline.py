"""What the pipeline adds to the stages: that nothing moves on while a change is in the way."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import cast

import pytest
from tests.unit import fakes

from runbook.apply import rollback
from runbook.apply.checkpoint import Armed, layout
from runbook.apply.checkpoint.history import latest
from runbook.apply.confirm import Verified
from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.apply.rollback import Rollback
from runbook.apply.steps.journal import Journal
from runbook.apply.verify import Verdict
from runbook.common.errors import (
    ChangeInProgress,
    ConnectionLost,
    GateClosed,
    GoToTheConsole,
    StalePlan,
    StepFailed,
)
from runbook.guest.sessions import GuestSessions
from runbook.preflight import RefusedByPreflight
from runbook.run import pipeline
from runbook.run.failures import Differs
from runbook.run.session import Ready, Session, Underway
from runbook.run.subject_guests import GuestSubject
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

LOST = ConnectionLost("gone", host="server-01", state="unknown", then="wait")


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


@pytest.fixture
def session(host: fakes.FakeHost) -> Session:
    clock = fakes.Time()
    return Session(fakes.params(), host, "root@desk", fakes.CHANGE, clock, lambda: host)


def confirm(session: Session, armed: Armed) -> None:
    pipeline.confirm(session, Verified(armed, Verdict(())))


def seeing(monkeypatch: pytest.MonkeyPatch, *snapshots: Snapshot) -> None:
    """What the host looks like, each time that it is read."""
    left = list(snapshots)
    monkeypatch.setattr(pipeline, "take", lambda _host, _now: left.pop(0))


def test_another_machine_than_the_one_pinned_is_not_even_planned_for(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing(monkeypatch, fakes.seen())
    pinned = replace(session, params=fakes.params(machine_id="b" * 32))
    with pytest.raises(RefusedByPreflight, match=r"parameters pin b{32}"):
        pipeline.read(pinned)


def test_a_change_in_the_way_stops_a_run_before_it_is_planned(
    session: Session, armed: Armed
) -> None:
    with pytest.raises(ChangeInProgress, match=armed.change_id):
        pipeline.stand_clear(session)


def test_a_host_that_moved_on_is_written_nothing_on(
    session: Session, host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing(monkeypatch, fakes.seen(routes=[]))
    with pytest.raises(StalePlan, match="- routes"):
        pipeline.arm(session, Ready(fakes.cleared(), fakes.PROBED))
    assert host.events == []


def test_a_host_that_moved_on_before_the_lock_was_taken_is_given_back(
    session: Session, host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In between, somebody else made a whole change and confirmed it.
    seeing(monkeypatch, fakes.seen(), fakes.seen(routes=[]))
    with pytest.raises(StalePlan, match="nothing of the change was made"):
        pipeline.arm(session, Ready(fakes.cleared(), fakes.PROBED))
    assert layout.ARMED not in host.links
    assert not host.glob(layout.unit_path(layout.EARLY))


def test_after_the_link_was_removed_the_change_is_confirmed_all_the_same(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    host.fails[f"append {armed.layout.journal}: 2026-03-01T12:00:00.000Z confirmed"] = LOST
    confirm(session, armed)
    assert layout.ARMED not in host.links
    assert not host.glob(layout.unit_path(layout.EARLY))


def test_a_disk_that_is_full_by_then_does_not_undo_what_is_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    full = StepFailed("no space left on device", host="server-01", state="", then="")
    host.fails[f"append {armed.layout.journal}: 2026-03-01T12:00:00.000Z confirmed"] = full
    confirm(session, armed)
    assert layout.ARMED not in host.links


def test_what_cannot_be_put_on_the_disk_is_not_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    host.fails["run sync"] = StepFailed("input/output error", host="", state="", then="")
    with pytest.raises(StepFailed):
        confirm(session, armed)
    assert layout.ARMED in host.links


def test_before_it_nothing_is_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    host.fails["append"] = LOST
    with pytest.raises(ConnectionLost):
        confirm(session, armed)
    assert layout.ARMED in host.links


def test_what_another_operator_confirmed_is_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    del host.links[layout.ARMED]
    del host.files[armed.layout.open]
    fakes.add(host, armed.layout.journal, "2026-03-01T12:00:09Z confirmed: it stays\n")
    confirm(session, armed)


def test_what_was_undone_meanwhile_is_not(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    fakes.undone(host, armed, "deadline")
    with pytest.raises(GateClosed):
        confirm(session, armed)


def test_a_host_that_stays_out_of_reach_is_given_up_in_the_end(
    session: Session, armed: Armed
) -> None:
    def lost() -> fakes.FakeHost:
        raise LOST

    with pytest.raises(ConnectionLost):
        confirm(replace(session, connect=lost), armed)
    assert session.clock.monotonic() >= pipeline.SEEN_AGAIN_S


def rolled_back(monkeypatch: pytest.MonkeyPatch, end: Rollback | GoToTheConsole) -> None:
    """What the host's own undo comes to."""

    def roll_back(*_arguments: object) -> Rollback:
        if isinstance(end, GoToTheConsole):
            raise end
        return end

    monkeypatch.setattr(rollback, "roll_back", roll_back)


LEFT = GuestDifference("vm-01", DifferenceKind.SETTING, "vm-01 is not as before")


@dataclass
class Guests:
    """Guests of which one is not as before."""

    undone: list[tuple[object, bool]] = field(default_factory=list)
    left: tuple[GuestDifference, ...] = ()
    # What the host's journal said when they were asked to keep their part.
    confirmed: list[str] = field(default_factory=list)
    closed: bool = False

    def close(self) -> None:
        self.closed = True

    def confirm(self, host: fakes.FakeHost) -> None:
        (path,) = (path for path in host.files if path.endswith("/journal"))
        self.confirmed.append(host.files[path].content.decode())

    def undo(self, host: object, *, confirmed_too: bool = False) -> tuple[GuestDifference, ...]:
        self.undone.append((host, confirmed_too))
        return self.left


AS_BEFORE = Rollback("why", fakes.seen(), compare(fakes.seen(), fakes.seen()), "journal")


def test_guests_do_not_keep_what_their_host_did_not(
    session: Session, armed: Armed, host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled_back(monkeypatch, AS_BEFORE)
    guests = Guests()
    both = replace(session, subject=GuestSubject(cast("GuestSessions", guests)))
    assert pipeline.roll_back(both, Underway(armed, fakes.PROBED), "why").as_before
    assert guests.undone == [(host, True)]


def test_that_guests_may_keep_their_part_is_on_the_host_before_they_do(
    session: Session, armed: Armed
) -> None:
    guests = Guests()
    confirm(replace(session, subject=GuestSubject(cast("GuestSessions", guests))), armed)
    (said,) = guests.confirmed
    assert Journal(said).guests_confirm


def test_guests_are_not_asked_to_keep_what_their_host_is_undoing(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    fakes.undone(host, armed, "deadline")
    guests = Guests()
    with pytest.raises(GateClosed):
        confirm(replace(session, subject=GuestSubject(cast("GuestSessions", guests))), armed)
    assert guests.confirmed == []


def test_guests_of_a_host_whose_state_is_not_known_keep_what_they_confirmed(
    session: Session, armed: Armed, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled_back(monkeypatch, GoToTheConsole("not seen", state="-", then="-"))
    guests = Guests()
    both = replace(session, subject=GuestSubject(cast("GuestSessions", guests)))
    with pytest.raises(GoToTheConsole):
        pipeline.roll_back(both, Underway(armed, fakes.PROBED), "why")
    assert [confirmed_too for _host, confirmed_too in guests.undone] == [False]


def test_where_the_host_is_not_seen_what_is_left_in_the_guests_is_told_all_the_same(
    session: Session, armed: Armed, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled_back(monkeypatch, GoToTheConsole("not seen", state="-", then="-"))
    fresh, guests = fakes.standard_host(), Guests(left=(LEFT,))
    fresh.hold(armed.layout.journal, "")
    both = replace(
        session, subject=GuestSubject(cast("GuestSessions", guests)), connect=lambda: fresh
    )
    with pytest.raises(GoToTheConsole, match="not seen\n  - vm-01 is not as before"):
        pipeline.roll_back(both, Underway(armed, fakes.PROBED), "why")
    assert guests.undone[0][0] is fresh


def test_guests_that_cannot_be_reached_do_not_take_away_what_the_host_came_to(
    session: Session, armed: Armed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> fakes.FakeHost:
        raise LOST

    rolled_back(monkeypatch, AS_BEFORE)
    both = replace(session, subject=GuestSubject(cast("GuestSessions", Guests())), connect=lost)
    with pytest.raises(Differs, match="the guests were not looked at: gone") as caught:
        pipeline.roll_back(both, Underway(armed, fakes.PROBED), "why")
    assert caught.value.undone.after == AS_BEFORE.after


def test_a_guest_that_is_not_as_before_is_in_the_history_of_the_host(
    session: Session, armed: Armed, host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled_back(monkeypatch, AS_BEFORE)
    fakes.undone(host, armed, "operator")
    both = replace(session, subject=GuestSubject(cast("GuestSessions", Guests(left=(LEFT,)))))
    with pytest.raises(Differs, match="of the guests: vm-01 is not as before"):
        pipeline.roll_back(both, Underway(armed, fakes.PROBED), "why")
    past = latest(host)
    assert past is not None
    assert past.to_compare


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the stages, as they are entered; each does nothing."""
    entered: list[str] = []
    calls = {"read": "before", "observe": "inside"}
    for name in ("read", "observe", "preflight", "arm", "verify", "confirm"):
        stage = calls.get(name, name)
        monkeypatch.setattr(pipeline, name, lambda *_, stage=stage: entered.append(stage))

    def plan(*_: object) -> SimpleNamespace:
        entered.append("plan")
        return SimpleNamespace(plan=SimpleNamespace(empty=False))

    monkeypatch.setattr(pipeline, "plan", plan)
    monkeypatch.setattr(pipeline, "apply", lambda _session, _change, phase: entered.append(phase))
    monkeypatch.setattr(pipeline, "roll_back", lambda *_, why: entered.append(f"undo: {why}"))
    return entered


def test_the_stages_that_are_listed_are_those_that_a_change_goes_through(
    session: Session, stages: list[str]
) -> None:
    pipeline.change(session)
    assert stages == list(pipeline.STAGES)


@pytest.mark.parametrize("stage", ["apply", "verify", "confirm"])
def test_whatever_goes_wrong_after_it_is_armed_undoes_the_change(
    session: Session, stages: list[str], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, stage, interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.change(session)
    assert stages[-1] == "undo: KeyboardInterrupt"


@pytest.mark.parametrize("stage", ["preflight", "arm"])
def test_before_it_is_armed_there_is_nothing_to_undo(
    session: Session, stages: list[str], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, stage, interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.change(session)
    assert not [entered for entered in stages if entered.startswith("undo")]


@pytest.mark.parametrize("fails", [False, True])
def test_the_guests_of_a_change_are_left_at_its_end(
    session: Session, stages: list[str], monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    def refused(*_: object) -> None:
        raise LOST

    if fails:
        monkeypatch.setattr(pipeline, "observe", refused)
    guests = Guests()
    about = replace(session, subject=GuestSubject(cast("GuestSessions", guests)))
    with suppress(ConnectionLost):
        pipeline.change(about)
    assert guests.closed
    assert ("confirm" in stages) is not fails
