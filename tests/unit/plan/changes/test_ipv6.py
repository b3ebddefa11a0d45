from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, IP6, LAN6, NIC, ROUTER_LINK_LOCAL, SLAAC6, TOKEN, Row
from tests.unit.plan.changes.modelled import modelled

from runbook.plan.changes.bridge_ports import Cutover
from runbook.plan.changes.ipv6 import conf, identifier
from runbook.plan.changes.messages import Action, Address, LinkMaster, Message, Route
from runbook.plan.changes.steps import Announce, Netlink
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan

Tables = dict[str, list[Row]]


def made(tables: Tables) -> Plan:
    return make_plan(fakes.params(), fakes.seen(**tables))


def datagram(tables: Tables) -> tuple[Message, ...]:
    (step,) = (n.step for n in made(tables).steps("cutover"))
    assert isinstance(step, Netlink)
    return step.messages


def place(messages: tuple[Message, ...], kind: type, **fields: object) -> int:
    (found,) = (
        n
        for n, message in enumerate(messages)
        if isinstance(message, kind)
        and all(getattr(message, name) == value for name, value in fields.items())
    )
    return found


@pytest.mark.parametrize(
    ("tables", "address"),
    [(fakes.static6(), IP6), (fakes.slaac(), SLAAC6)],
    ids=["static", "slaac"],
)
def test_somebody_answers_for_the_address_all_along(tables: Tables, address: str) -> None:
    messages = datagram(tables)
    there = place(messages, Address, address=address, ifname=BRIDGE)
    joined = place(messages, LinkMaster)
    gone = place(messages, Address, address=address, ifname=NIC)
    assert there < joined < gone == len(messages) - 2
    arrived = messages[there]
    assert isinstance(arrived, Address)
    # Duplicate address detection would take a second, and it is the same host.
    assert arrived.nodad
    assert arrived.action is Action.ENSURE


def test_a_route_is_on_the_bridge_before_the_prefix_is_off_the_nic() -> None:
    messages = datagram(fakes.static6())
    default = place(messages, Route, dst="::/0", ifname=BRIDGE)
    other = place(messages, Route, dst="fd20::/48", ifname=BRIDGE, metric=9, pref="high")
    prefix = place(messages, Route, dst=LAN6, ifname=NIC, action=Action.DELETE)
    assert default < prefix > other
    # Replaced by key: a deletion of the NIC's own would fail, and with it the step.
    assert not [m for m in messages if isinstance(m, Route) and (m.dst, m.ifname) == ("::/0", NIC)]


def test_a_learned_route_gets_a_stand_in_that_expires_and_the_kernel_s_own_wins_over() -> None:
    messages = datagram(fakes.slaac())
    stand_in = messages[place(messages, Route, dst="::/0", ifname=BRIDGE)]
    gone = messages[place(messages, Route, dst="::/0", ifname=NIC)]
    assert isinstance(stand_in, Route)
    assert isinstance(gone, Route)
    assert (stand_in.gateway, stand_in.expires_s) == (ROUTER_LINK_LOCAL, 1800)
    assert stand_in.metric == gone.metric + 1
    assert gone.action is Action.DELETE


def test_a_prefix_without_an_address_moves_too_and_is_not_deleted_a_second_time() -> None:
    second = fakes.route("fd17::/64", NIC, protocol="kernel", metric=256, expires_s=9)
    tables = fakes.slaac()
    tables["routes"].append(second | {"family": "inet6", "pref": "medium"})
    messages = datagram(tables)
    place(messages, Route, dst="fd17::/64", ifname=BRIDGE, action=Action.ENSURE)
    assert not [
        m for m in messages if isinstance(m, Route) and (m.dst, m.ifname) == ("fd17::/64", NIC)
    ]


@pytest.mark.parametrize("tables", [fakes.static6(), fakes.slaac()], ids=["static", "slaac"])
def test_the_cutover_alone_is_undone_while_the_bridge_is_still_there(tables: Tables) -> None:
    seen = fakes.seen(**tables)
    plan = make_plan(fakes.params(), seen)
    model = modelled(seen, plan)
    for numbered in plan.steps():
        model.make(numbered.step)
    own = {"fe80::/64"}
    assert {route.ifname for route in model.routes if route.dst not in own} == {BRIDGE}
    assert {address.ifname for address in model.addresses} == {BRIDGE}
    (cutover,) = (change for change in plan.changes if isinstance(change, Cutover))
    for step in cutover.undo():
        model.make(step)
    assert {address.ifname for address in model.addresses} == {NIC}
    assert {route.ifname for route in model.routes} == {NIC}


def test_every_address_is_announced_from_its_new_place_and_from_the_old_one_at_an_undo() -> None:
    plan = made(fakes.static6())
    told = [n.step for n in plan.steps("settle") if isinstance(n.step, Announce)]
    assert [(t.ifname, t.address) for t in told] == [(BRIDGE, fakes.IP), (BRIDGE, IP6)]
    back = [step for _, step in plan.undo_steps() if isinstance(step, Announce)]
    # While it still sends through the bridge, and once more when it does not.
    assert [(t.ifname, t.address) for t in back] == [(NIC, fakes.IP), (NIC, IP6)] * 2


@pytest.mark.parametrize(
    ("address", "token"),
    [
        (SLAAC6, TOKEN),
        ("2001:db8:1:2::5", "::5"),
        ("fd16::ffff:ffff:ffff:ffff", "::ffff:ffff:ffff:ffff"),
    ],
)
def test_an_interface_identifier_is_the_lower_half(address: str, token: str) -> None:
    assert identifier(address) == token


def test_a_dot_in_a_name_is_not_taken_for_a_folder() -> None:
    assert conf("eth0.5", "accept_ra") == "net.ipv6.conf.eth0/5.accept_ra"
