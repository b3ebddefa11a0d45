from __future__ import annotations

from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC, TOKEN, Row

from runbook.plan.changes.ipv6 import conf
from runbook.plan.changes.ipv6_switches import DeafenNIC, EnableIPv6, LearnOnBridge
from runbook.plan.changes.messages import Action, LinkMaster, Route
from runbook.plan.changes.steps import Command, Netlink, Sysctl
from runbook.plan.changes.waits import AwaitLinkLocal, AwaitRouter
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan


def made(tables: dict[str, list[Row]]) -> Plan:
    return make_plan(fakes.params(), fakes.seen(**tables))


def test_without_ipv6_nothing_of_it_is_touched() -> None:
    plan = made({})
    kinds = (EnableIPv6, LearnOnBridge, DeafenNIC)
    assert not [change for change in plan.changes if isinstance(change, kinds)]
    assert plan.of_host.ipv6 is None


def test_what_routers_say_is_heard_before_ipv6_is_on() -> None:
    *switches, wait, _ = EnableIPv6(BRIDGE, NIC, learns=True, token=TOKEN).do()
    assert switches == [
        Sysctl("net.ipv6.conf.virbr1.accept_ra", "2"),
        Sysctl("net.ipv6.conf.virbr1.autoconf", "1"),
        # Or the bridge makes an address of its own MAC besides.
        Command(("ip", "token", "set", TOKEN, "dev", BRIDGE)),
        Sysctl("net.ipv6.conf.virbr1.disable_ipv6", "0"),
    ]
    assert wait == AwaitLinkLocal(BRIDGE)


def test_a_host_with_static_ipv6_does_not_begin_to_hear_routers() -> None:
    names = {s.name for s in EnableIPv6(BRIDGE, NIC, learns=False).do() if isinstance(s, Sysctl)}
    assert names == {"net.ipv6.conf.virbr1.disable_ipv6"}


def test_the_stand_in_goes_only_once_the_router_has_spoken() -> None:
    (learn,) = (c for c in made(fakes.slaac()).changes if isinstance(c, LearnOnBridge))
    asks, waits, drops = learn.do()
    assert asks == Command(("ip", "token", "set", TOKEN, "dev", BRIDGE))
    assert isinstance(waits, AwaitRouter)
    assert isinstance(drops, Netlink)
    (gone,) = drops.messages
    assert isinstance(gone, Route)
    assert (gone.action, gone.metric, gone.ifname) == (Action.DELETE, 1025, BRIDGE)
    assert "stand-in" in learn.before
    assert TOKEN in learn.after


def test_the_nic_hears_again_before_it_leaves_the_bridge() -> None:
    plan = made(fakes.slaac())
    steps = [step for _, step in plan.undo_steps()]
    heard = steps.index(Sysctl(conf(NIC, "accept_ra"), "2"))
    leaves = next(
        n
        for n, step in enumerate(steps)
        if isinstance(step, Netlink) and LinkMaster(NIC, "") in step.messages
    )
    assert heard < leaves
