from __future__ import annotations

import io

import pytest
from tests.unit import fakes
from tests.unit.logs import logging_to

from runbook.apply.checkpoint import Armed, deadline
from runbook.apply.phases import CUT_OFF_S, LONG_S, apply_phase
from runbook.common.errors import ConnectionLost, GateClosed, StepFailed
from runbook.plan.changes.file_steps import WriteFile
from runbook.plan.changes.network_hook import hook_path
from runbook.plan.plan import PHASES
from runbook.transport.host import Completed

JOURNAL = f"/var/lib/runbook/{fakes.CHANGE}/journal"


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


def through(armed: Armed, host: fakes.FakeHost, *phases: str) -> None:
    for phase in phases:
        apply_phase(armed, host, phase, fakes.Time().now)


def journalled(host: fakes.FakeHost) -> list[str]:
    """The events, with only what stays of a journal line."""
    return [
        event.removeprefix(f"append {JOURNAL}: 2026-03-01T12:00:00.000Z ") for event in host.events
    ]


def test_a_phase_out_of_order_is_refused_and_makes_nothing(
    host: fakes.FakeHost, armed: Armed
) -> None:
    for phase in PHASES[1:]:
        with pytest.raises(StepFailed, match="of an earlier phase was not made"):
            through(armed, host, phase)
    assert host.events == []


def test_a_phase_that_is_made_is_not_made_again(host: fakes.FakeHost, armed: Armed) -> None:
    through(armed, host, "prepare")
    host.events.clear()
    through(armed, host, "prepare")
    assert host.events == []


def test_a_phase_that_was_broken_off_between_two_steps_goes_on_there(
    host: fakes.FakeHost, armed: Armed
) -> None:
    lost = ConnectionLost("gone", host="server-01", state="unknown", then="wait")
    second = armed.plan.steps("prepare")[1].number
    host.fails[f"append {JOURNAL}: 2026-03-01T12:00:00.000Z step {second} begins"] = lost
    with pytest.raises(ConnectionLost):
        through(armed, host, "prepare")
    host.fails.clear()
    host.events.clear()
    heard: list[tuple[int, str]] = []
    apply_phase(
        armed, host, "prepare", fakes.Time().now, lambda n, event: heard.append((n.number, event))
    )
    left = [n.number for n in armed.plan.steps("prepare") if n.number >= second]
    assert heard == [(number, event) for number in left for event in ("begins", "done")]


def test_a_step_that_began_and_whose_end_is_not_known_is_not_made_again(
    host: fakes.FakeHost, armed: Armed
) -> None:
    lost = ConnectionLost("gone", host="server-01", state="unknown", then="wait")
    host.fails["write /etc/sysctl.d"] = lost
    with pytest.raises(ConnectionLost):
        through(armed, host, "prepare")
    host.fails.clear()
    host.events.clear()
    with pytest.raises(StepFailed, match="step 2 began, and is not known to have ended"):
        through(armed, host, "prepare")
    with pytest.raises(StepFailed, match="earlier phase"):
        through(armed, host, "network")
    assert host.events == []


def test_a_step_is_on_the_journal_before_it_is_made(host: fakes.FakeHost, armed: Armed) -> None:
    through(armed, host, *PHASES)
    lines = journalled(host)
    for numbered in armed.plan.steps():
        begins = next(
            n for n, line in enumerate(lines) if line.startswith(f"step {numbered.number} b")
        )
        ends = lines.index(f"step {numbered.number} done\n")
        assert begins < ends
        between = [line for line in lines[begins + 1 : ends] if not line.startswith("step ")]
        # Carrying neighbours over writes nothing where there are none.
        assert between or type(numbered.step).__name__ == "CarryNeighbours"
        previous = f"step {numbered.number - 1} done\n"
        assert numbered.number == 1 or lines.index(previous) < begins


def test_all_phases_together_are_the_whole_change(host: fakes.FakeHost, armed: Armed) -> None:
    through(armed, host, *PHASES[:-1])
    applied = apply_phase(armed, host, PHASES[-1], fakes.Time().now)
    assert applied.complete
    assert len(applied.log.rows()) == len(armed.plan.steps())
    for promised in armed.plan.of_host.files:
        assert host.text(promised.path) == promised.text
    assert host.files[hook_path("routed")].mode == 0o755
    assert "iface enp4s0f0 inet manual" in host.text("/etc/network/interfaces")


def test_three_phases_are_not_the_whole_change(host: fakes.FakeHost, armed: Armed) -> None:
    through(armed, host, "prepare")
    assert not apply_phase(armed, host, "network", fakes.Time().now).complete


def test_the_cutover_is_one_send_between_two_deadlines(host: fakes.FakeHost, armed: Armed) -> None:
    through(armed, host, "prepare", "network")
    host.events.clear()
    through(armed, host, "cutover")
    kinds = ("netlink", "run systemd-run")
    made = [event for event in host.events if event.startswith(kinds)]
    soon, sent, later = made
    assert f"--on-active={CUT_OFF_S}s " in soon
    assert sent == "netlink 5"
    assert f"--on-active={armed.plan.deadline_s}s " in later
    # Whoever reads the journal at the console is told why.
    assert "may cost the connection" in host.text(JOURNAL)


def test_a_deadline_that_is_short_already_is_not_moved_for_the_cutover(
    host: fakes.FakeHost,
) -> None:
    armed = fakes.armed(host, deadline_s=CUT_OFF_S)
    through(armed, host, "prepare", "network")
    host.events.clear()
    through(armed, host, "cutover")
    made = [event for event in host.events if not event.startswith(("append", "run ip", "run nft"))]
    assert made == ["netlink 5"]


def test_a_host_that_is_cut_off_by_its_cutover_undoes_it_soon(
    host: fakes.FakeHost, armed: Armed
) -> None:
    through(armed, host, "prepare", "network")
    lost = ConnectionLost("gone", host="server-01", state="unknown", then="wait")
    host.fails["netlink"] = lost
    with pytest.raises(ConnectionLost):
        through(armed, host, "cutover")
    left = deadline.standing(host, armed.layout).deadline - fakes.NOON
    assert left.total_seconds() == CUT_OFF_S


def test_after_a_step_that_fails_no_other_is_made(host: fakes.FakeHost, armed: Armed) -> None:
    through(armed, host, "prepare")

    def fails(argv: object) -> Completed | None:
        return Completed((), 1, b"", b"no such network") if "net-start" in str(argv) else None

    host.answers.insert(0, fails)
    host.events.clear()
    with pytest.raises(StepFailed, match="no such network"):
        through(armed, host, "network")
    assert host.events[-1].startswith("run virsh")
    assert "net-start" in host.events[-1]


def test_a_long_step_has_a_new_deadline_before_it_begins(
    host: fakes.FakeHost, armed: Armed
) -> None:
    through(armed, host, "prepare", "network")
    longs = [n for n in armed.plan.steps("network") if n.step.budget_s >= LONG_S]
    timers = [n for n, event in enumerate(host.events) if event.startswith("run systemd-run")]
    assert len(timers) == len(longs) > 0
    for numbered, timer in zip(longs, timers, strict=True):
        begins = next(
            n for n, event in enumerate(host.events) if f" step {numbered.number} begins" in event
        )
        assert timer < begins
        # The old timer ends only once the new one runs.
        assert host.events[timer + 1].startswith("run systemctl stop runbook-deadline-")


def test_no_deadline_is_shorter_than_the_step_that_it_is_for(host: fakes.FakeHost) -> None:
    through(fakes.armed(host, deadline_s=5), host, "prepare", "network")
    countdowns = [e for e in host.events if e.startswith("run systemd-run")]
    given = [int(e.split("--on-active=")[1].split("s ")[0]) for e in countdowns]
    longs = [n.step.budget_s for n in fakes.cleared().plan.steps() if n.step.budget_s >= LONG_S]
    # One for the step, and one that takes back what the step did not need.
    assert all(seconds > needed for seconds, needed in zip(given[::2], longs, strict=True))
    assert given[1::2] == [5] * len(longs)
    assert [line for line in journalled(host) if line.endswith(" is done\n")]


def test_the_time_that_a_person_gave_is_not_taken_back_by_a_long_step(
    host: fakes.FakeHost, armed: Armed
) -> None:
    through(armed, host, "prepare")
    fakes.moved(host, armed, 3000, "root@desk asked for more time")
    host.events.clear()
    through(armed, host, "network")
    assert not [event for event in host.events if event.startswith("run systemd-run")]


def test_a_deadline_is_on_the_journal_before_it_is_moved(
    host: fakes.FakeHost, armed: Armed
) -> None:
    through(armed, host, "prepare", "network")
    timers = [n for n, event in enumerate(host.events) if event.startswith("run systemd-run")]
    moves = [n for n, event in enumerate(host.events) if "deadline moved to" in event]
    assert len(moves) == len(timers) > 0
    assert all(said < done for said, done in zip(moves, timers, strict=True))


def test_once_the_undo_has_begun_no_step_is_made(host: fakes.FakeHost, armed: Armed) -> None:
    through(armed, host, "prepare", "network")
    del host.files[armed.layout.open]
    host.events.clear()
    with pytest.raises(GateClosed):
        through(armed, host, "cutover")
    assert host.events == []


def test_the_debug_log_has_each_step_with_its_number_and_how_it_ended(
    host: fakes.FakeHost, armed: Armed
) -> None:
    first, second = armed.plan.steps("prepare")[:2]
    assert isinstance(second.step, WriteFile)
    lost = ConnectionLost("gone", host="server-01", state="unknown", then="wait")
    host.fails[f"write {second.step.path}"] = lost
    with logging_to(io.StringIO(), {}) as log, pytest.raises(ConnectionLost):
        through(armed, host, "prepare")
    lines = [line.partition(" ")[2] for line in log.getvalue().splitlines()]
    assert lines[0].startswith(f"step 1: {first.step.describe()} -> ok, ")
    assert lines[1].startswith(f"step 2: {second.step.describe()} -> ConnectionLost, ")
