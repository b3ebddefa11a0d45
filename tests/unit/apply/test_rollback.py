from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from tests.unit import fakes

from runbook.apply import rollback
from runbook.apply.checkpoint import Armed, layout
from runbook.apply.rollback import PATIENCE_S, NotCompared, Rollback, WayBack, roll_back, undo
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
class Undoing(fakes.Time):
    """A clock, and a host whose undo ends at `ends` seconds if it was asked for.

    No new connection comes about before `lost` seconds.
    """

    host: fakes.FakeHost = field(default_factory=fakes.standard_host)
    armed: Armed | None = None
    ends: float = 0.0
    lost: float = 0.0
    entirely: bool = True
    attempts: list[float] = field(default_factory=list)
    made: list[fakes.FakeHost] = field(default_factory=list)
    over: bool = False

    def connect(self) -> Host:
        self.attempts.append(self.seconds)
        if self.seconds < self.lost:
            # As ssh does, whose time to connect is limited.
            self.seconds += 10.0
            raise LOST
        self.made.append(replace(self.host))
        return self.made[-1]

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.seconds >= self.ends and not self.over:
            self.over = True
            assert self.armed
            fakes.undone(self.host, self.armed, "operator", entirely=self.entirely)


def started(host: fakes.FakeHost) -> list[str]:
    return [event for event in host.events if event.endswith(f"{fakes.CHANGE}/undo operator")]


def undo_of(host: fakes.FakeHost, armed: Armed, at: Undoing, why: str = "why") -> Rollback:
    at.host, at.armed = host, armed
    return roll_back(armed, host, at.connect, at, why)


@pytest.mark.usefixtures("after")
def test_the_undo_runs_on_the_host_as_a_unit_of_its_own(host: fakes.FakeHost, armed: Armed) -> None:
    undone = undo_of(host, armed, Undoing(), "a probe failed")
    (run,) = started(host)
    assert "systemd-run" in run
    assert "--no-block" in run
    assert undone.why == "a probe failed"
    assert undone.as_before
    assert "compared: no row differs" in host.text(armed.layout.journal)


@pytest.mark.usefixtures("after")
def test_its_end_is_waited_for_on_one_connection_and_seen_on_a_new_one(
    host: fakes.FakeHost, armed: Armed
) -> None:
    at = Undoing(ends=5.0)
    undo_of(host, armed, at)
    # The operator is to see the host again as soon as it can be seen.
    assert len(at.attempts) == 1
    assert at.attempts[0] < 5.5
    assert [new.closed for new in at.made] == [1]
    assert host.closed == 0
    assert len(started(host)) == 1


@pytest.mark.usefixtures("after")
def test_a_host_that_lets_nobody_else_in_is_compared_over_the_connection_it_has(
    host: fakes.FakeHost, armed: Armed
) -> None:
    at = Undoing(ends=5.0, lost=1000.0)
    assert undo_of(host, armed, at).as_before
    assert len(at.attempts) == 1
    assert host.closed == 0


@pytest.mark.usefixtures("after")
@pytest.mark.parametrize("outage", [0.0, 4.0, 45.0, 100.0])
def test_after_an_outage_the_undo_is_asked_for_again_as_soon_as_the_host_answers(
    host: fakes.FakeHost, armed: Armed, outage: float
) -> None:
    first = replace(host, fails={"run": LOST}, events=[])
    at = Undoing(host=host, armed=armed, ends=1000.0, lost=outage)
    with pytest.raises(GoToTheConsole):
        roll_back(armed, first, at.connect, at, "why")
    assert len(started(host)) == 1
    answered = at.attempts[-1]
    assert outage <= answered < outage + 46


@pytest.mark.usefixtures("after")
def test_an_undo_that_has_begun_meanwhile_is_not_asked_for_again(
    host: fakes.FakeHost, armed: Armed
) -> None:
    first = replace(host, fails={"run": LOST}, events=[])
    begins = "2026-03-01T12:00:09Z undo (deadline): begins\n"

    @dataclass
    class Deadline(Undoing):
        def connect(self) -> Host:
            if self.seconds >= self.lost and begins not in host.text(armed.layout.journal):
                fakes.add(host, armed.layout.journal, begins)
            return super().connect()

    at = Deadline(host=host, armed=armed, ends=60.0, lost=30.0)
    assert roll_back(armed, first, at.connect, at, "why").as_before
    assert started(host) == []


def test_a_host_that_is_not_seen_again_is_left_to_its_timer_and_to_the_console(
    host: fakes.FakeHost, armed: Armed
) -> None:
    first = replace(host, fails={"run": LOST}, events=[])
    at = Undoing(host=host, armed=armed, ends=1e9, lost=1e9)
    with pytest.raises(GoToTheConsole) as told:
        roll_back(armed, first, at.connect, at, "why")
    assert f"sh {armed.undo_path}" in told.value.then
    assert "runbook status server-01" in told.value.then
    assert at.seconds >= armed.plan.deadline_s + PATIENCE_S


def test_a_limit_of_six_new_connections_in_thirty_seconds_is_never_met(
    host: fakes.FakeHost, armed: Armed
) -> None:
    first = replace(host, fails={"run": LOST}, events=[])
    at = Undoing(host=host, armed=armed, ends=1e9, lost=1e9)
    with pytest.raises(GoToTheConsole):
        roll_back(armed, first, at.connect, at, "why")
    for attempt in at.attempts:
        assert sum(attempt <= other < attempt + 30 for other in at.attempts) < 6
    # And a limit that counts what it drops forgets it in one of the pauses.
    pauses = [later - earlier for earlier, later in pairwise(at.attempts)]
    assert max(pauses) > 40


def test_an_undo_that_does_not_end_sends_the_operator_to_the_console(
    host: fakes.FakeHost, armed: Armed
) -> None:
    with pytest.raises(GoToTheConsole, match="not seen to finish") as told:
        undo_of(host, armed, Undoing(ends=1e9))
    assert "it answers, and its undo did not end" in told.value.state
    assert layout.ARMED in host.links


def test_a_row_that_did_not_come_back_is_told(
    host: fakes.FakeHost, armed: Armed, after: Callable[[Snapshot], None]
) -> None:
    after(fakes.seen(routes=[fakes.connected(fakes.NIC)]))
    undone = undo_of(host, armed, Undoing())
    found = undone.differences
    assert [(r.change, r.table) for r in found.rows.itertuples()] == [("removed", "routes")]
    assert "default" in str(found)
    assert not undone.as_before
    assert "compared: these rows differ:" in host.text(armed.layout.journal)


@pytest.mark.usefixtures("after")
def test_an_undo_that_could_not_put_all_back_is_told_at_once(
    host: fakes.FakeHost, armed: Armed
) -> None:
    at = Undoing(entirely=False)
    undone = undo_of(host, armed, at)
    assert undone.failed == ("cannot put back /etc/x",)
    assert undone.differences.empty
    assert not undone.as_before
    assert at.seconds < 1
    # It stays locked, so that nobody builds on it.
    assert host.links[layout.ARMED] == fakes.CHANGE


@pytest.mark.usefixtures("after")
def test_what_an_earlier_undo_could_not_do_is_not_held_against_this_one(
    host: fakes.FakeHost, armed: Armed
) -> None:
    fakes.undone(host, armed, "deadline", entirely=False)
    at = Undoing(ends=4.0)
    undone = undo_of(host, armed, at, "again")
    assert at.seconds >= 4.0
    assert undone.as_before


@pytest.mark.usefixtures("after")
def test_a_change_that_was_confirmed_meanwhile_is_said_to_stay(
    host: fakes.FakeHost, armed: Armed
) -> None:
    del host.links[layout.ARMED]
    fakes.add(host, armed.layout.journal, "2026-03-01T12:00:09Z confirmed: the change stays\n")
    with pytest.raises(GoToTheConsole, match="was confirmed before it could be undone"):
        undo_of(host, armed, Undoing(ends=1e9))


@pytest.mark.usefixtures("after")
def test_the_next_change_does_not_keep_the_end_of_this_one_from_being_seen(
    host: fakes.FakeHost, armed: Armed
) -> None:
    fakes.undone(host, armed, "deadline")
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    undone = undo_of(host, armed, Undoing(ends=1e9))
    assert undone.as_before
    assert host.links[layout.ARMED] == "20260302T120000Z-ffffff"
    assert host.glob(layout.unit_path(layout.EARLY))


@pytest.mark.usefixtures("after")
def test_without_a_state_before_nothing_is_called_as_before(
    host: fakes.FakeHost, armed: Armed
) -> None:
    way = WayBack("server-01", armed.layout, 60, None)
    at = Undoing(host=host, armed=armed)
    with pytest.raises(NotCompared, match="nothing was compared") as told:
        undo(way, host, at.connect, at, "why")
    assert told.value.after.links["ifname"].tolist()
    assert "undo (operator): finished" in told.value.log


def test_neighbours_that_came_and_went_are_no_difference(
    host: fakes.FakeHost, armed: Armed, after: Callable[[Snapshot], None]
) -> None:
    neighbour = {"family": "inet", "ifname": fakes.NIC, "address": "172.16.0.9", "state": "STALE"}
    after(fakes.seen(neighbours=[neighbour]))
    assert undo_of(host, armed, Undoing()).differences.empty
