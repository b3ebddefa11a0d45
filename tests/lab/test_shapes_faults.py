"""Hosts of other shapes, cut from power in the middle of a change: the boot puts them back."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from tests.faults.scene import files
from tests.lab import half_made
from tests.lab.test_files import console, params
from tests.lab.test_odd_hosts import FOUR, HOSTS, ON_A_BRIDGE, POINT_TO_POINT
from tests.matrix.course import FINE, Start, as_before

from runbook.lab import machine
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.state.host.probes import Probed

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
PATIENCE_S = 60.0


@pytest.mark.parametrize("shape", [FOUR, POINT_TO_POINT, ON_A_BRIDGE])
def test_a_power_cut_before_the_confirmation_is_undone_at_the_boot(
    fresh_host: str, shape: str
) -> None:
    HOSTS[shape].make(fresh_host)
    asked = params(fresh_host).model_copy(update=dict(HOSTS[shape].asked))
    worked = HOSTS[shape].service.answer(fresh_host)
    session = pipeline.open_session(asked)
    with closing(session.host):
        before, there = pipeline.read(session), frozenset(files(fresh_host))
        underway = half_made.armed(session)
        for phase in PHASES:
            pipeline.apply(session, underway, phase)
    start = Start(before, there, Probed((), asked.gateway, None), underway.armed.plan.of_host)
    machine.power_cut(fresh_host)
    machine.power_on(fresh_host)
    end = time.monotonic() + PATIENCE_S
    while (said := as_before(session, fresh_host, start)) != FINE and time.monotonic() < end:
        time.sleep(0.5)
    assert said == FINE
    assert b"routed" not in console(fresh_host, "virsh net-list --all --name")
    HOSTS[shape].service.works_as(fresh_host, worked)
