from __future__ import annotations

from tests.unit import hosts

from runbook.params import Params
from runbook.plan.forecast.wiring import wired
from runbook.plan.routed.procedure import make_plan
from runbook.state.files import FileRow
from runbook.state.links import LinkRow
from runbook.views.wiring.topology import Fact, Wire, wiring

PARAMS = Params(
    host="server-01",
    interface="enp4s0f0",
    address="172.16.1.1/16",
    gateway="172.16.0.1",
    consent=("bpdu",),
)


def test_the_wiring_to_come_is_what_is_drawn_once_it_is_there() -> None:
    before = hosts.before()
    promise = make_plan(PARAMS, before, None).of_host
    foreseen = wiring(wired(promise, before), "172.16.1.1")
    nodes = {node.name: node for node in foreseen.nodes}
    assert nodes["virbr1"].role == "bridge"
    assert Fact("own", "172.16.1.1/16") in nodes["virbr1"].facts
    assert not [fact for fact in nodes["enp4s0f0"].facts if fact.kind in ("own", "address")]
    assert Wire("enp4s0f0", "virbr1", "virbr1") in foreseen.wires
    (route,) = foreseen.routes
    assert (route.ifname, route.via) == ("virbr1", "172.16.0.1")


def test_what_is_not_about_the_interface_stays_as_it_is() -> None:
    before = hosts.before()
    after = wired(make_plan(PARAMS, before, None).of_host, before)
    others = {row for row in before.rows(LinkRow) if row.ifname != "enp4s0f0"}
    assert others < set(after.rows(LinkRow))
    assert after.rows(FileRow) == before.rows(FileRow)
