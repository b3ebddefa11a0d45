"""Which faults hit a bond and a VLAN interface; the hosts themselves are QEMU's."""

from __future__ import annotations

import pytest
from tests.faults import injections, points, port_cases
from tests.faults.cases import Ground
from tests.unit import fakes

from runbook.plan.routed.procedure import make_plan

MEMBER = "active member's cable cut"
PLAN = make_plan(fakes.params(), fakes.seen())


@pytest.mark.parametrize("shape", port_cases.SHAPES)
def test_program_power_and_cable_go_in_the_middle_of_the_cutover(shape: str) -> None:
    drawn = list(port_cases.spread(Ground(shape, "static", PLAN)))
    cutover = points.made(PLAN.steps("cutover")[0].number)
    hit = {case.fault for case in drawn if case.point == cutover}
    assert {"kernel killed", "power cut", "cable cut"} <= hit <= {*injections.ANYWHERE, MEMBER}
    assert (MEMBER in hit) == (shape == "bond")
    assert "libvirtd refuses the undo" in {case.fault for case in drawn}


@pytest.mark.parametrize("shape", port_cases.SHAPES)
def test_an_emulated_host_gets_its_time(shape: str) -> None:
    for case in port_cases.spread(Ground(shape, "static", PLAN)):
        assert case.slower > 1
        assert case.environment == port_cases.EMULATED
        assert case.deadline_s == port_cases.DEADLINE_S
