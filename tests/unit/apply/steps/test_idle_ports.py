from __future__ import annotations

import pytest
from tests.unit import fakes

from runbook.apply.steps.perform import perform
from runbook.plan.changes.idle_ports import HushIdlePorts


@pytest.fixture
def host() -> fakes.FakeHost:
    made = fakes.standard_host()
    made.hold("/sys/class/net/bond0/bonding/slaves", "enp4s0f0 enp4s0f1\n")
    made.hold("/sys/class/net/bond0/bonding/active_slave", "enp4s0f1\n")
    return made


def test_a_bond_that_went_away_stops_nothing(host: fakes.FakeHost) -> None:
    perform(HushIdlePorts(("bond1",), on=True), host)
    assert host.events == []


def test_the_nic_in_use_goes_on_hearing_what_is_meant_for_many(host: fakes.FakeHost) -> None:
    perform(HushIdlePorts(("bond0",), on=True), host)
    assert host.events == ["run ip link set dev enp4s0f0 multicast off"]


def test_afterwards_every_nic_hears_it_whichever_is_in_use_by_now(host: fakes.FakeHost) -> None:
    perform(HushIdlePorts(("bond0",), on=False), host)
    on = "run ip link set dev {} multicast on"
    assert host.events == [on.format("enp4s0f0"), on.format("enp4s0f1")]
