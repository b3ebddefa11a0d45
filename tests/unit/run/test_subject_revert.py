"""A revert as the stages ask it: its plan, and the verification of one that another run began."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.plan.revert import reverting
from tests.unit.plan.revert.reverting import BEFORE, later, recorded

from runbook.common.errors import Refused
from runbook.plan.changes.leases import StopClient
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
