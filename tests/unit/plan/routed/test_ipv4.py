"""Hosts with more than one IPv4 address on the NIC, and with an address that has no subnet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, GATEWAY, IP, NIC, Row

from runbook.common.errors import ParameterError, Refused
from runbook.plan.changes.messages import Action, Address, LinkMaster, Message, Route
from runbook.plan.changes.routes import MakeRoom
from runbook.plan.changes.steps import Netlink
from runbook.plan.forecast.boot import rehearse
from runbook.plan.plan import Plan
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.procedure import make_plan

SECONDARY = fakes.address(NIC, "172.16.1.9/16", flags="permanent secondary", label=f"{NIC}:1")
FURTHER = fakes.address(NIC, "10.77.0.5/24")
ITS_ROUTE = fakes.route("10.77.0.0/24", NIC, prefsrc="10.77.0.5", protocol="kernel", scope="link")
BEFORE = fakes.seen(
    **fakes.more("addresses", SECONDARY, FURTHER), **fakes.more("routes", ITS_ROUTE)
)


def datagram(plan: Plan) -> tuple[Message, ...]:
    (step,) = (n.step for n in plan.steps("cutover"))
    assert isinstance(step, Netlink)
    return step.messages


def addresses(messages: tuple[Message, ...], action: Action) -> list[tuple[str, str]]:
    return [(m.ifname, m.address) for m in messages if isinstance(m, Address) if m.action is action]


def test_all_addresses_change_sides_in_the_one_datagram_and_each_is_always_answered_for() -> None:
    messages = datagram(make_plan(fakes.params(), BEFORE))
    assert addresses(messages, Action.ENSURE) == [(BRIDGE, "10.77.0.5"), (BRIDGE, "172.16.1.9")]
    gone = [(NIC, "172.16.1.9"), (NIC, "10.77.0.5"), (NIC, IP)]
    assert addresses(messages, Action.DELETE) == gone
    join = messages.index(LinkMaster(NIC, BRIDGE))
    assert all(isinstance(m, Address) for m in messages[:join])
    # The kernel's route of the bridge stands behind that of the NIC until this one goes.
    routes = [m for m in messages[join:] if isinstance(m, Route) and m.dst == "10.77.0.0/24"]
    assert [(r.ifname, r.action) for r in routes] == [(NIC, Action.DELETE)]


def test_a_label_is_called_after_the_bridge_and_one_that_would_be_too_long_goes() -> None:
    labels = {
        m.address: m.label
        for m in datagram(make_plan(fakes.params(), BEFORE))
        if isinstance(m, Address)
    }
    assert labels["172.16.1.9"] in (f"{BRIDGE}:1", f"{NIC}:1")
    asked = fakes.params(bridge="a-long-bridge-0")
    (other,) = (a for a in make_promise(asked, BEFORE).others if a.address == "172.16.1.9")
    assert other.label == ""


def test_the_hook_brings_every_address_back_and_a_boot_waits_for_each() -> None:
    promise = make_promise(fakes.params(), BEFORE)
    hook, _, online, _ = promise.files
    assert "try ip address replace 172.16.1.9/16 dev virbr1 label virbr1:1\n" in hook.text
    assert "try ip address replace 10.77.0.5/24 dev virbr1\n" in hook.text
    assert hook.text.index("10.77.0.5") < hook.text.index("route replace default")
    assert "to 10.77.0.5 | grep" in online.text
    assert set(promise.announced) == {IP, "172.16.1.9", "10.77.0.5"}


def changed(**tables: list[Row]) -> Plan:
    """A second run on the changed host."""
    asked = fakes.params()
    promise = make_promise(asked, BEFORE)
    held = [fakes.address(BRIDGE, fakes.ADDRESS)]
    held += [
        fakes.address(BRIDGE, f"{a.address}/{a.prefixlen}", label=a.label) for a in promise.others
    ]
    return make_plan(asked, fakes.as_promised(promise, **{"addresses": held, **tables}))


def test_a_second_run_promises_the_same_addresses_and_a_lost_one_is_named() -> None:
    assert changed().empty
    with pytest.raises(Refused, match="other content"):
        changed(addresses=[fakes.address(BRIDGE, fakes.ADDRESS)])


def test_an_address_that_somebody_added_to_the_bridge_later_is_not_promised() -> None:
    held = [fakes.address(BRIDGE, fakes.ADDRESS), fakes.address(BRIDGE, "10.1.1.1/24")]
    asked = fakes.params()
    assert make_plan(
        asked, fakes.as_promised(make_promise(asked, fakes.seen()), addresses=held)
    ).empty


@pytest.mark.parametrize("missing", ["172.16.1.9", "10.77.0.5"])
def test_the_promise_names_an_address_that_is_not_on_the_bridge(missing: str) -> None:
    promise = make_promise(fakes.params(), BEFORE)
    held = [fakes.address(BRIDGE, f"{a.address}/{a.prefixlen}") for a in promise.others]
    held = [row for row in held if row["address"] != missing]
    there = fakes.as_promised(promise, addresses=[fakes.address(BRIDGE, fakes.ADDRESS), *held])
    assert [c.about for c in promise.checks(there) if not c.kept] == [f"{missing} is on"]


def test_a_boot_would_find_a_stanza_of_a_label_that_is_still_there() -> None:
    promise = make_promise(fakes.params(), BEFORE)
    text = f"auto {NIC} {NIC}:1\niface {NIC} inet manual\n"
    text += f"iface {NIC}:1 inet static\n address 172.16.1.9/16\n"
    there = fakes.as_promised(promise, files=[fakes.file("/etc/network/interfaces", text)])
    effects = {step.effect.about: step.effect for step in rehearse(promise, there)}
    assert not effects[f"ifup {NIC}:1"].kept
    assert [c.about for c in promise.checks(there) if "inet in" in c.about and not c.kept] == [
        f"{NIC}:1 inet in /etc/network/interfaces"
    ]


def test_a_point_to_point_address_needs_no_room_and_its_peer_becomes_a_route() -> None:
    plan, _ = fakes.point_to_point()
    assert not any(isinstance(change, MakeRoom) for change in plan.changes)
    messages = datagram(plan)
    routes = [m for m in messages if isinstance(m, Route)]
    assert [(r.dst, r.ifname, r.onlink) for r in routes] == [
        (f"{GATEWAY}/32", BRIDGE, False),
        ("default", BRIDGE, True),
    ]
    away = messages[-1]
    assert isinstance(away, Address)
    assert (away.address, away.prefixlen, away.peer) == (IP, 32, GATEWAY)
    back = [m for _, s in plan.undo_steps() if isinstance(s, Netlink) for m in s.messages]
    assert replace(away, action=Action.ENSURE) in back
    assert f"address replace {IP} peer {GATEWAY}/32 dev {NIC}" in [
        " ".join(m.words())[: len(f"address replace {IP} peer {GATEWAY}/32 dev {NIC}")]
        for m in back
    ]


def test_a_second_run_on_a_point_to_point_host_has_nothing_to_do() -> None:
    plan, _ = fakes.point_to_point()
    promise = plan.of_host
    routes = [fakes.as_row(route) for route in promise.routes]
    there = fakes.as_promised(promise, routes=routes)
    asked = fakes.params(address=f"{IP}/32")
    assert make_plan(asked, there).empty
    assert all(check.kept for check in promise.checks(there))


def test_a_gateway_off_the_link_is_taken_where_the_host_uses_it_and_refused_elsewhere() -> None:
    way = fakes.route("default", NIC, gateway="192.0.2.1", onlink=True)
    host = fakes.seen(routes=[way, fakes.connected(NIC)])
    default = make_promise(fakes.params(gateway="192.0.2.1"), host).routes[0]
    assert (default.gateway, default.onlink) == ("192.0.2.1", True)
    with pytest.raises(ParameterError, match="not on the link") as wrong:
        make_promise(fakes.params(gateway="192.0.2.9"), host)
    assert (wrong.value.field, "192.0.2.1" in wrong.value.then) == ("gateway", True)


@pytest.mark.parametrize(
    "label", ["e:\nIP\nid;", "e:$(id)", "e:a'b", 'e:"', "e:a b", "e:\\", "e:é"]
)
def test_a_label_that_the_undo_could_not_write_is_refused(label: str) -> None:
    odd = fakes.address(NIC, "172.16.1.9/16", flags="permanent secondary", label=label)
    with pytest.raises(Refused, match=r"the label .* of 172\.16\.1\.9/16"):
        make_plan(fakes.params(), fakes.seen(**fakes.more("addresses", odd)))
