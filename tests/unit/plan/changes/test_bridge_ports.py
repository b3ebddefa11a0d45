from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC
from tests.unit.plan.changes.modelled import modelled

from runbook.params.fields import CARRIERS
from runbook.plan.changes.bridge_ports import (
    CARRIER,
    Cutover,
    ForwardAtOnce,
    QuietWarmUp,
    Settle,
    WarmUp,
)
from runbook.plan.changes.messages import Action, Address, BridgeOption, LinkMaster
from runbook.plan.changes.steps import Command, GatedNetlink, Netlink
from runbook.plan.changes.waits import AwaitCarrier
from runbook.plan.routed.procedure import make_plan


@pytest.mark.parametrize("metric", [0, 100])
def test_the_cutover_alone_is_undone_while_the_bridge_is_still_there(metric: int) -> None:
    seen = fakes.seen(routes=[fakes.default(NIC, metric=metric), fakes.connected(NIC)])
    plan = make_plan(fakes.params(), seen)
    model = modelled(seen, plan)
    for numbered in plan.steps():
        model.make(numbered.step)
    assert {route.ifname for route in model.routes} == {BRIDGE}
    assert [address.ifname for address in model.addresses] == [BRIDGE]
    (cutover,) = (change for change in plan.changes if isinstance(change, Cutover))
    for step in cutover.undo():
        model.make(step)
    assert BRIDGE in model.masters
    assert model.masters[NIC] == ""
    assert [address.ifname for address in model.addresses] == [NIC]
    assert {route.ifname for route in model.routes} == {NIC}
    assert [route.metric for route in model.routes if route.dst == "default"] == [metric]


@pytest.mark.parametrize("stp", [True, False])
def test_stp_is_off_before_the_delay_and_on_again_only_at_the_end(*, stp: bool) -> None:
    at_once, settle = ForwardAtOnce(BRIDGE, stp), Settle(fakes.IP, BRIDGE, stp)
    assert at_once.do() == (
        Netlink((BridgeOption(BRIDGE, "stp_state", 0),)),
        Netlink((BridgeOption(BRIDGE, "forward_delay", 0),)),
    )
    on = Netlink((BridgeOption(BRIDGE, "stp_state", 1),))
    assert (settle.do()[-1] == on) == stp
    assert (on in settle.do()) == stp
    assert ("STP on" in settle.after) == stp


def test_the_bridge_has_a_carrier_before_it_takes_neighbours() -> None:
    kinds = [type(step) for step in WarmUp(BRIDGE, NIC).do()]
    assert kinds.index(AwaitCarrier) == len(kinds) - 2
    away = Command(("ip", "link", "delete", "dev", CARRIER))
    assert WarmUp(BRIDGE, NIC).undo() == (away,)
    assert away in Settle(fakes.IP, BRIDGE, stp=True).do()


@pytest.mark.parametrize("tables", [{}, fakes.static6(), fakes.slaac()])
def test_the_address_stays_where_it_is_if_the_kernel_does_not_take_the_nic_as_a_port(
    tables: dict[str, list[fakes.Row]],
) -> None:
    plan = make_plan(fakes.params(), fakes.seen(**tables))
    (step,) = (step for c in plan.changes if isinstance(c, Cutover) for step in c.do())
    assert isinstance(step, GatedNetlink)
    before, after = step.messages[: step.first], step.messages[step.first :]
    assert before[-1] == LinkMaster(NIC, BRIDGE)
    assert all(isinstance(m, Address) and m.ifname == BRIDGE for m in before[:-1])
    assert any(isinstance(m, Address) and m.action is Action.DELETE for m in after)


def test_no_end_of_the_pair_is_up_before_it_is_without_ipv6() -> None:
    said = [step.describe() for step in QuietWarmUp(BRIDGE, NIC).do()]
    quiet = next(at for at, line in enumerate(said) if "disable_ipv6=1" in line)
    for end in CARRIERS:
        assert f"net.ipv6.conf.{end}.disable_ipv6=1" in said[quiet]
        assert said.index(f"ip link set dev {end} up") > quiet
    assert " up " not in f"{said[0]} "
    assert QuietWarmUp(BRIDGE, NIC).undo() == WarmUp(BRIDGE, NIC).undo()


def test_the_operator_reads_who_holds_what_before_and_after() -> None:
    plan = make_plan(fakes.params(), fakes.seen())
    (cutover,) = (change for change in plan.changes if isinstance(change, Cutover))
    assert cutover.before.split("\n") == [
        f"{fakes.ADDRESS} dev {NIC}",
        f"default via {fakes.GATEWAY} dev {NIC}",
    ]
    assert cutover.after.split("\n") == [
        f"{fakes.ADDRESS} dev {BRIDGE}",
        f"default via {fakes.GATEWAY} dev {BRIDGE}",
        f"{NIC} in {BRIDGE}",
    ]
