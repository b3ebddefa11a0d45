from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import Armed, arm, layout
from runbook.apply.checkpoint.armed_change import ArmedChange, find, holder, refuse_if_armed
from runbook.apply.phases import apply_phase
from runbook.common.errors import ChangeInProgress, ConnectionLost, ReadFailed
from runbook.plan.plan import PHASES
from runbook.transport.host import Completed
from runbook.transport.router import RouterSays

LOST = ConnectionLost("gone", state="unknown", then="look")


@pytest.fixture
def host() -> fakes.FakeHost:
    made = fakes.standard_host()
    made.answers[:0] = [fakes.ticking(42.0)]
    return made


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


def seen(host: fakes.FakeHost) -> ArmedChange:
    there = find(host, fakes.NOON)
    assert there is not None
    return there


def told(host: fakes.FakeHost) -> str:
    return "\n".join(seen(host).describe())


def test_nothing_armed_is_nothing_found(host: fakes.FakeHost) -> None:
    assert find(host, fakes.NOON) is None
    assert holder(host) == ""
    refuse_if_armed(host, fakes.NOON)


def test_whose_since_when_how_far_and_until_when(host: fakes.FakeHost, armed: Armed) -> None:
    apply_phase(armed, host, "prepare", fakes.Time().now)
    text = told(host)
    made = len(armed.plan.steps("prepare"))
    for said in (
        fakes.CHANGE, "root@desk", "armed at 2026-03-01T12:00:00Z",
        f"{made} of {len(armed.plan.steps())} steps were made",
        "undone by itself in 42 s, at 12:00:42 UTC, unless confirmed",
    ):  # fmt: skip
        assert said in text
    assert seen(host).stale == ()
    assert not seen(host).checkpoint.all_made


def test_a_step_that_began_and_did_not_end_is_named(host: fakes.FakeHost, armed: Armed) -> None:
    host.fails["write /etc/sysctl.d"] = LOST
    with pytest.raises(ConnectionLost):
        apply_phase(armed, host, "prepare", fakes.Time().now)
    number = seen(host).checkpoint.open_step
    step = next(n.step for n in armed.plan.steps() if n.number == number)
    assert f"step {number} began, and is not known to have ended: {step.describe()}" in told(host)


def test_a_change_that_is_all_made_says_so(host: fakes.FakeHost, armed: Armed) -> None:
    for phase in PHASES:
        apply_phase(armed, host, phase, fakes.Time().now)
    assert seen(host).checkpoint.all_made
    assert seen(host).checkpoint.open_step == 0


def test_the_whole_plan_comes_back(host: fakes.FakeHost, armed: Armed) -> None:
    checkpoint = seen(host).checkpoint
    assert checkpoint.plan == armed.plan
    assert checkpoint.before is not None
    assert checkpoint.before == armed.cleared.before
    assert checkpoint.undo_script == armed.undo_script


def test_what_the_router_said_comes_back_with_the_probes(host: fakes.FakeHost) -> None:
    probed = replace(fakes.PROBED, router=RouterSays("gw", (fakes.NIC_MAC,), ""))
    arm(fakes.cleared(), probed, host, fakes.ORDER)
    assert seen(host).checkpoint.probed == probed


@pytest.mark.usefixtures("armed")
def test_without_a_timer_it_is_stale(host: fakes.FakeHost) -> None:
    host.answers[0] = fakes.ticking(None)
    assert seen(host).stale == ("its timer does not run",)
    assert "stale: its timer does not run" in told(host)


def test_an_undo_at_work_is_not_stale(host: fakes.FakeHost, armed: Armed) -> None:
    host.answers[0] = fakes.ticking(None, undoing=f"{armed.layout.timer(1)}.service")
    assert seen(host).stale == ()
    assert "it is being undone at this moment" in told(host)


def test_an_undo_that_a_person_started_at_the_console_is_seen_by_its_lock(
    host: fakes.FakeHost, armed: Armed
) -> None:
    held = Completed((), 9, b"", b"")
    host.answers[:1] = [
        fakes.ticking(None),
        lambda argv: held if argv[0] == "flock" and armed.layout.undo_lock in argv else None,
    ]
    assert seen(host).undoing


def test_an_undo_that_could_not_put_all_back_is_stale_and_says_what(
    host: fakes.FakeHost, armed: Armed
) -> None:
    fakes.undone(host, armed, "deadline", entirely=False)
    host.answers[0] = fakes.ticking(None)
    (why,) = seen(host).stale
    assert "could not put everything back (cannot put back /etc/x)" in why


def test_an_undo_that_was_broken_off_is_stale(host: fakes.FakeHost, armed: Armed) -> None:
    fakes.add(host, armed.layout.journal, "2026-03-01T12:00:09Z undo (boot): begins\n")
    host.answers[0] = fakes.ticking(None)
    assert seen(host).stale == ("its undo began and did not end",)


def test_a_lock_that_an_ended_undo_left_behind_is_explained(
    host: fakes.FakeHost, armed: Armed
) -> None:
    fakes.undone(host, armed, "deadline")
    host.links[layout.ARMED] = fakes.CHANGE
    host.answers[0] = fakes.ticking(None)
    (why,) = seen(host).stale
    assert "only its lock was left behind" in why


def test_a_lock_that_points_nowhere_is_explained(host: fakes.FakeHost) -> None:
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    host.answers[0] = fakes.ticking(None)
    there = seen(host)
    assert there.stale == ("there is no undo script to run", "its timer does not run")
    assert len([word for word in there.checkpoint.damage if "is missing" in word]) == 6
    assert "by somebody not known" in told(host)
    with pytest.raises(ChangeInProgress, match="no undo script"):
        refuse_if_armed(host, fakes.NOON)


def test_something_else_in_the_lock_s_place_is_not_taken_for_a_free_host(
    host: fakes.FakeHost,
) -> None:
    host.hold(layout.ARMED)
    with pytest.raises(ReadFailed, match="is no link"):
        find(host, fakes.NOON)


@pytest.mark.parametrize("name", ["manifest", "plan", "before", "probes"])
@pytest.mark.parametrize(
    "content", ["", "{", "{}", '{"format_version": 99}', "[]", "\ufffd", "[" * 100_000]
)
def test_a_damaged_file_is_told_and_never_guessed(
    host: fakes.FakeHost, armed: Armed, name: str, content: str
) -> None:
    path = getattr(armed.layout, name)
    host.hold(path, content)
    there = seen(host)
    field = {"probes": "probed"}.get(name, name)
    assert getattr(there.checkpoint, field) is None
    assert [word for word in there.checkpoint.damage if word.startswith(f"{path} is damaged")]
    # The rest is there all the same, and the timer will do its work.
    assert there.stale == ()


def test_the_plan_of_another_change_is_not_taken_for_this_one(
    host: fakes.FakeHost, armed: Armed
) -> None:
    host.hold(armed.layout.plan, host.text(armed.layout.plan).replace("172.16.0.1", "172.16.0.2"))
    there = seen(host)
    assert there.checkpoint.plan is None
    assert f"{armed.layout.plan} is not the plan that was armed" in there.checkpoint.damage


def test_an_operator_s_name_cannot_pass_for_a_line_of_its_own(host: fakes.FakeHost) -> None:
    order = replace(fakes.ORDER, operator="root@desk\n2026-03-01T12:00:00Z confirmed: ha")
    arm(fakes.cleared(), fakes.PROBED, host, order)
    (word,) = seen(host).checkpoint.log.decisions()
    assert word.state == "armed by"
