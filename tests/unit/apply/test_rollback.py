from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from tests.unit import fakes

from runbook.apply import rollback
from runbook.apply.checkpoint import Armed, layout
from runbook.apply.rollback import PATIENCE_S, NotCompared, WayBack, roll_back, undo
from runbook.common.errors import ConnectionLost, GoToTheConsole
from runbook.state.snapshot import Snapshot
from runbook.transport.host import Host

LOST = ConnectionLost("gone", host="server-01", state="unknown", then="wait")


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[[Snapshot], None]:
    """Say what the host looks like once the undo is done."""

    def is_(seen: Snapshot) -> None:
        monkeypatch.setattr(rollback, "take", lambda _host, _now: seen)

    is_(fakes.seen())
    return is_


@dataclass
class Undoing:
    """A host whose undo ends at the given connection; those before may be lost."""

    host: fakes.FakeHost
    armed: Armed
    ends: int
    lost: int = 0
    entirely: bool = True
    connections: int = 0

    def __call__(self) -> Host:
        self.connections += 1
        if self.connections <= self.lost:
            raise LOST
        if self.connections == self.ends:
            fakes.undone(self.host, self.armed, "operator", entirely=self.entirely)
        return self.host


def started(host: fakes.FakeHost) -> list[str]:
    return [event for event in host.events if event.endswith(f"{fakes.CHANGE}/undo operator")]


@pytest.mark.usefixtures("after")
def test_the_undo_runs_on_the_host_as_a_unit_of_its_own(host: fakes.FakeHost, armed: Armed) -> None:
    undone = roll_back(armed, host, Undoing(host, armed, ends=1), fakes.Time(), "a probe failed")
    (run,) = started(host)
    assert "systemd-run" in run
    assert "--no-block" in run
    assert undone.why == "a probe failed"
    assert undone.as_before
    assert "compared: no row differs" in host.text(armed.layout.journal)


@pytest.mark.usefixtures("after")
def test_its_end_is_waited_for_over_new_connections(host: fakes.FakeHost, armed: Armed) -> None:
    connect, clock = Undoing(host, armed, ends=5), fakes.Time()
    roll_back(armed, host, connect, clock, "why")
    assert connect.connections == 5
    assert host.closed == 5
    # The operator is to see the host again as soon as it can be seen.
    assert clock.seconds < 2


@pytest.mark.usefixtures("after")
def test_a_lost_connection_is_made_anew_to_ask_for_the_undo(
    host: fakes.FakeHost, armed: Armed
) -> None:
    first = replace(host, fails={"run": LOST}, events=[])
    roll_back(armed, first, Undoing(host, armed, ends=2), fakes.Time(), "why")
    assert len(started(host)) == 1


@pytest.mark.usefixtures("after")
def test_a_host_out_of_reach_is_left_to_its_timer(host: fakes.FakeHost, armed: Armed) -> None:
    first = replace(host, fails={"run": LOST}, events=[])
    undone = roll_back(armed, first, Undoing(host, armed, ends=9, lost=8), fakes.Time(), "why")
    assert started(host) == []
    assert undone.differences.empty


def test_a_host_that_is_not_seen_again_sends_the_operator_to_the_console(
    host: fakes.FakeHost, armed: Armed
) -> None:
    clock = fakes.Time()
    with pytest.raises(GoToTheConsole) as told:
        roll_back(armed, host, Undoing(host, armed, ends=10_000, lost=10_000), clock, "why")
    assert f"sh {armed.undo_path}" in told.value.then
    assert clock.seconds >= armed.plan.deadline_s + PATIENCE_S


def test_an_undo_that_does_not_end_sends_the_operator_to_the_console(
    host: fakes.FakeHost, armed: Armed
) -> None:
    with pytest.raises(GoToTheConsole, match="not seen to finish"):
        roll_back(armed, host, Undoing(host, armed, ends=10_000), fakes.Time(), "why")
    assert layout.ARMED in host.links


def test_a_row_that_did_not_come_back_is_told(
    host: fakes.FakeHost, armed: Armed, after: Callable[[Snapshot], None]
) -> None:
    after(fakes.seen(routes=[fakes.connected(fakes.NIC)]))
    undone = roll_back(armed, host, Undoing(host, armed, ends=1), fakes.Time(), "why")
    found = undone.differences
    assert [(r.change, r.table) for r in found.rows.itertuples()] == [("removed", "routes")]
    assert "default" in str(found)
    assert not undone.as_before
    assert "compared: these rows differ:" in host.text(armed.layout.journal)


@pytest.mark.usefixtures("after")
def test_an_undo_that_could_not_put_all_back_is_told_at_once(
    host: fakes.FakeHost, armed: Armed
) -> None:
    clock = fakes.Time()
    connect = Undoing(host, armed, ends=3, entirely=False)
    undone = roll_back(armed, host, connect, clock, "why")
    assert undone.failed == ("cannot put back /etc/x",)
    assert undone.differences.empty
    assert not undone.as_before
    assert clock.seconds < 1
    # It stays locked, so that nobody builds on it.
    assert host.links[layout.ARMED] == fakes.CHANGE


@pytest.mark.usefixtures("after")
def test_what_an_earlier_undo_could_not_do_is_not_held_against_this_one(
    host: fakes.FakeHost, armed: Armed
) -> None:
    fakes.undone(host, armed, "deadline", entirely=False)
    connect = Undoing(host, armed, ends=4)
    undone = roll_back(armed, host, connect, fakes.Time(), "again")
    assert connect.connections == 4
    assert undone.as_before


@pytest.mark.usefixtures("after")
def test_a_change_that_was_confirmed_meanwhile_is_said_to_stay(
    host: fakes.FakeHost, armed: Armed
) -> None:
    del host.links[layout.ARMED]
    fakes.add(host, armed.layout.journal, "2026-03-01T12:00:09Z confirmed: the change stays\n")
    with pytest.raises(GoToTheConsole, match="was confirmed before it could be undone"):
        roll_back(armed, host, Undoing(host, armed, ends=9), fakes.Time(), "why")


@pytest.mark.usefixtures("after")
def test_the_next_change_does_not_keep_the_end_of_this_one_from_being_seen(
    host: fakes.FakeHost, armed: Armed
) -> None:
    fakes.undone(host, armed, "deadline")
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    undone = roll_back(armed, host, Undoing(host, armed, ends=9), fakes.Time(), "why")
    assert undone.as_before
    assert host.links[layout.ARMED] == "20260302T120000Z-ffffff"
    assert host.glob(layout.unit_path(layout.EARLY))


@pytest.mark.usefixtures("after")
def test_without_a_state_before_nothing_is_called_as_before(
    host: fakes.FakeHost, armed: Armed
) -> None:
    way = WayBack("server-01", armed.layout, 60, None)
    with pytest.raises(NotCompared, match="nothing was compared") as told:
        undo(way, host, Undoing(host, armed, ends=1), fakes.Time(), "why")
    assert told.value.after.links["ifname"].tolist()
    assert "undo (operator): finished" in told.value.log


def test_neighbours_that_came_and_went_are_no_difference(
    host: fakes.FakeHost, armed: Armed, after: Callable[[Snapshot], None]
) -> None:
    neighbour = {"family": "inet", "ifname": fakes.NIC, "address": "172.16.0.9", "state": "STALE"}
    after(fakes.seen(neighbours=[neighbour]))
    assert roll_back(
        armed, host, Undoing(host, armed, ends=1), fakes.Time(), "why"
    ).differences.empty
