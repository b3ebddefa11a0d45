"""A revert as the stages ask it: its plan, and the verification of one that another run began."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.plan.revert import reverting
from tests.unit.plan.revert.reverting import BEFORE, later, recorded

from runbook.apply.checkpoint import arm
from runbook.apply.phases import apply_phase
from runbook.common.errors import Refused
from runbook.plan.changes.leases import StopClient
from runbook.plan.plan import PHASES
from runbook.preflight import Cleared
from runbook.run import subject_revert
from runbook.run.subject import Observation
from runbook.run.subject_revert import RevertSubject
from runbook.state.host.probes import Probe, Probed
from runbook.state.snapshot import Snapshot

# As version 0.1 planned it: the client is started by a step that no script of today has.
OLD = StopClient(
    "dhclient", fakes.NIC, (7,), ("dhclient", fakes.NIC), ("dhclient", fakes.NIC), ("/x",)
)


def test_a_change_with_a_part_of_another_version_is_refused_with_the_way_that_is_left() -> None:
    plan = replace(reverting.PLAN, changes=(*reverting.PLAN.changes, OLD))
    subject = RevertSubject(change=recorded(plan))
    with pytest.raises(Refused, match="could not be made again") as raised:
        subject.plan(fakes.params(), later(), Observation())
    assert f"sh /var/lib/runbook/{fakes.CHANGE}/undo" in raised.value.then


def test_the_plan_has_the_script_and_its_three_parts_in_the_order_of_the_phases() -> None:
    draft = RevertSubject(change=recorded()).plan(fakes.params(), later(), Observation())
    assert [change.phase for change in draft.plan.changes] == [
        "prepare",
        "prepare",
        "cutover",
        "settle",
    ]
    told = [numbered.step.describe().partition("\n")[0] for numbered in draft.plan.steps()]
    assert told == [
        f"write {reverting.SCRIPT} (mode 0700)",
        *(f"sh {reverting.SCRIPT} {part}" for part in ("files", "network", "rest")),
    ]


@pytest.mark.parametrize("back", [True, False])
def test_a_revert_of_another_run_is_verified_by_its_plan_alone(
    monkeypatch: pytest.MonkeyPatch, *, back: bool
) -> None:
    looks: list[object] = []

    def again(_host: object, at: object) -> Snapshot:
        looks.append(at)
        return later()

    # What has to settle is looked at again, and not for ever.
    monkeypatch.setattr(subject_revert, "take", again)
    host, plan = fakes.standard_host(), reverting.plan()
    asked = Probed((Probe(fakes.GATEWAY, answered=False),), fakes.GATEWAY, None)
    now = BEFORE if back else later()
    verdict = RevertSubject().verdict(host, fakes.params(), plan, asked, now)
    assert ("addresses: " in verdict.reasons) is not back
    assert len(looks) == (0 if back else 5)


def test_the_parts_are_made_in_their_order_and_the_deadline_is_short_around_the_network() -> None:
    host, now = fakes.standard_host(), later()
    draft = RevertSubject(change=recorded()).plan(fakes.params(), now, Observation())
    order = replace(fakes.ORDER, change_id="20260401T120000Z-ddeeff")
    armed = arm(Cleared(draft.plan, now, ()), fakes.PROBED, host, order)
    host.events.clear()
    for phase in PHASES:
        applied = apply_phase(armed, host, phase, fakes.Time().now)
    assert applied.complete
    parts = [event for event in host.events if f"/bin/sh {reverting.SCRIPT}" in event]
    assert [event.rpartition(" ")[2] for event in parts] == ["files", "network", "rest"]
    moves = [move for move in applied.log.moves() if "may cost the connection" in move]
    (network,) = [n.number for n in draft.plan.steps() if "move the address" in n.change.title]
    assert len(moves) == 1
    assert f"step {network} " in moves[0]
    # Whoever types `sh undo` at the console, or the deadline, gets the changed host back.
    undo = host.text(armed.undo_path)
    assert f"# The change takes change {fakes.CHANGE} back." in undo
    assert "raise_network routed virbr1" in undo
