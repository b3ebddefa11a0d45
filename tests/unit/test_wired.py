from __future__ import annotations

from tests.unit import hosts

from runbook.params import Params
from runbook.routed import make_plan
from runbook.views.topology import Bridge, Port, wiring
from runbook.wired import wired

PARAMS = Params(
    host="server-01",
    interface="enp4s0f0",
    address="172.16.1.1/16",
    gateway="172.16.0.1",
    consent=("bpdu",),
)


def test_the_wiring_to_come_is_what_is_drawn_once_it_is_there() -> None:
    before = hosts.before()
    promise = make_plan(PARAMS, before, None).promise
    foreseen = wiring(wired(promise, before), "172.16.1.1")
    line = foreseen.lines[0]
    assert isinstance(line.bridge, Bridge)
    assert line.bridge.name == "virbr1"
    assert line.bridge.addresses == ("172.16.1.1/16",)
    assert line.bridge.holds
    assert line.gateway == "172.16.0.1"
    (nic,) = line.nics
    assert isinstance(nic, Port)
    assert (nic.name, nic.addresses, nic.state) == ("enp4s0f0", (), "forwarding")


def test_what_is_not_about_the_interface_stays_as_it_is() -> None:
    before = hosts.before()
    after = wired(make_plan(PARAMS, before, None).promise, before)
    others = before.links[before.links["ifname"] != "enp4s0f0"]
    kept = after.links[after.links["ifname"].isin(others["ifname"])]
    assert kept.reset_index(drop=True).equals(others.reset_index(drop=True))
    assert after.files is before.files
