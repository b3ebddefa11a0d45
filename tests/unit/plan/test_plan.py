from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes

from runbook.plan.changes.steps import Command
from runbook.plan.plan import MARGIN_S, PHASES, VERIFY_BUDGET_S, Plan
from runbook.plan.routed.procedure import make_plan


@pytest.fixture
def plan() -> Plan:
    return make_plan(fakes.params(), fakes.seen())


def test_the_same_input_gives_the_same_digest(plan: Plan) -> None:
    assert make_plan(fakes.params(), fakes.seen()).digest == plan.digest


@pytest.mark.parametrize(
    "other",
    [
        {"network": "other"},
        {"bridge": "virbr7"},
        {"gateway": "172.16.0.2"},
        {"stp": False},
        {"dns": True},
        {"forward": "open"},
        {"deadline_s": 100},
        {"bridge_mac": "52:54:00:00:00:01"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_an_approval_does_not_hold_for_another_request(
    plan: Plan, other: dict[str, object]
) -> None:
    assert make_plan(fakes.params(**other), fakes.seen()).digest != plan.digest


def test_an_approval_does_not_hold_for_a_host_that_changed(plan: Plan) -> None:
    changed = fakes.seen(**fakes.more("addresses", fakes.address("enp4s0f1", "10.0.0.1/24")))
    assert make_plan(fakes.params(), changed).digest != plan.digest


def test_steps_are_numbered_through_and_stand_in_the_order_of_the_phases(plan: Plan) -> None:
    steps = plan.steps()
    assert [n.number for n in steps] == list(range(1, len(steps) + 1))
    phases = [n.change.phase for n in steps]
    assert phases == sorted(phases, key=PHASES.index)
    assert [n for phase in PHASES for n in plan.steps(phase)] == list(steps)


def test_the_way_back_undoes_the_last_change_first(plan: Plan) -> None:
    undone = [change for change, _ in plan.undo_steps()]
    order = [plan.changes.index(change) for change in undone]
    assert order == sorted(order, reverse=True)


def test_every_change_has_an_undo_or_says_that_it_needs_none(plan: Plan) -> None:
    without = {type(change).__name__ for change in plan.changes if not change.undo()}
    assert without == {"ForwardAtOnce", "IntroduceMac", "Settle", "TuneBridge"}
    assert all(row.undo for row in plan.rows())
    assert [row.step for row in plan.rows()] == [n.number for n in plan.steps()]


def test_every_program_of_the_change_and_of_its_undo_is_told() -> None:
    host = fakes.seen(leases=[fakes.lease()], firewall=fakes.demanding()["firewall"])
    programs = make_plan(fakes.params(), host).programs
    # A dhclient is only started again, and only by the undo.
    assert {"virsh", "iptables-nft", "ip6tables-nft", "dhclient"} <= set(programs)


def test_the_deadline_leaves_time_for_every_step_and_for_looking(plan: Plan) -> None:
    steps = sum(n.step.budget_s for n in plan.steps())
    assert plan.deadline_s >= steps + VERIFY_BUDGET_S + MARGIN_S
    slow = replace(plan, changes=(*plan.changes, _Slow()))
    assert slow.deadline_s == plan.deadline_s + 99


def test_the_operator_s_own_deadline_is_kept() -> None:
    assert make_plan(fakes.params(deadline_s=77), fakes.seen()).deadline_s == 77


class _Slow:
    phase = title = before = after = "settle"

    def do(self) -> tuple[Command, ...]:
        return (Command(("sleep", "99"), budget_s=99.0),)

    def undo(self) -> tuple[Command, ...]:
        return ()
