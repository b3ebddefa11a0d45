"""What `runbook.run` adds to the stages: that nothing moves on while a change is in the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes

from runbook import run
from runbook.checkpoint import Armed, layout
from runbook.confirm import Verified
from runbook.errors import ChangeInProgress, ConnectionLost, GateClosed, StalePlan, StepFailed
from runbook.run import Ready, Session
from runbook.state.snapshot import Snapshot
from runbook.verify import Verdict

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
    run.confirm(session, Verified(armed, Verdict(())))


def seeing(monkeypatch: pytest.MonkeyPatch, *snapshots: Snapshot) -> None:
    """What the host looks like, each time that it is read."""
    left = list(snapshots)
    monkeypatch.setattr(run, "take", lambda _host, _now: left.pop(0))


def test_a_change_in_the_way_stops_a_run_before_it_is_planned(
    session: Session, armed: Armed
) -> None:
    with pytest.raises(ChangeInProgress, match=armed.change_id):
        run.stand_clear(session)


def test_a_host_that_moved_on_is_written_nothing_on(
    session: Session, host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing(monkeypatch, fakes.seen(routes=[]))
    with pytest.raises(StalePlan, match="- routes"):
        run.arm(session, Ready(fakes.cleared(), fakes.PROBED))
    assert host.events == []


def test_a_host_that_moved_on_before_the_lock_was_taken_is_given_back(
    session: Session, host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In between, somebody else made a whole change and confirmed it.
    seeing(monkeypatch, fakes.seen(), fakes.seen(routes=[]))
    with pytest.raises(StalePlan, match="nothing of the change was made"):
        run.arm(session, Ready(fakes.cleared(), fakes.PROBED))
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
    assert session.clock.monotonic() >= run.SEEN_AGAIN_S
