from __future__ import annotations

import pytest
from tests.unit import guest_data as data
from tests.unit import insides
from tests.unit.fakes import link

from runbook.common import serial
from runbook.common.errors import ParameterError, Refused
from runbook.guest.configure import edit as inside
from runbook.guest.configure.guest_edit import Declined, FileEdit, GuestEdit
from runbook.guest.target import GuestOffer
from runbook.plan import plan
from runbook.plan.changes.guest.configuration import Reconfigure, ReconfigureByHand, WatchInside
from runbook.plan.changes.guest.nic import Forwarding, MoveNic, Rejoin
from runbook.plan.changes.guest_steps import ApplyInside, ArmInside, AwaitPerson, Plug

DONE = GuestEdit("ifupdown", "eth0", (), (), ())


def test_a_guest_that_the_host_does_not_have_is_named_with_those_that_it_has() -> None:
    asked = data.params(guests=({"name": "vm-09", "address": data.ADDRESS},))
    with pytest.raises(ParameterError, match="no guest of that name") as caught:
        data.plan(data.seen(), asked)
    assert data.NAME in caught.value.then


def test_two_nics_on_default_have_to_be_told_apart() -> None:
    two = [data.tap(), data.tap(mac="52:54:00:00:00:02", target="vnet1")]
    with pytest.raises(ParameterError, match="2 NICs of vm-01"):
        data.plan(data.seen(taps=two))
    one = {"name": data.NAME, "address": data.ADDRESS, "nic": "52:54:00:00:00:02"}
    drawn = data.plan(data.seen(taps=two), data.params(guests=(one,)))
    assert {c.mac for c in drawn.changes if isinstance(c, MoveNic)} == {"52:54:00:00:00:02"}


@pytest.mark.parametrize(
    "tables",
    [
        {"networks": [{"name": "routed", "bridge": "virbr1", "active": False}]},
        {"networks": []},
        {"bridge_ports": []},
    ],
)
def test_without_a_network_that_leads_onto_the_lan_the_host_comes_first(
    tables: dict[str, list[data.Row]],
) -> None:
    with pytest.raises(Refused, match="no libvirt network routed") as caught:
        data.plan(data.seen(data.tap(), **tables))
    assert "routed.ipynb" in caught.value.then


def test_undo_inside_first_then_nic_and_configuration_then_the_port() -> None:
    drawn = data.plan(data.seen())
    assert [type(c) for c in drawn.changes] == [WatchInside, MoveNic, Reconfigure, Forwarding]
    steps = [n.step for n in drawn.steps()]
    assert [type(s) for s in steps[:4]] == [ArmInside, Plug, Plug, ApplyInside]


def test_a_step_without_an_undo_says_so_and_names_no_bridge() -> None:
    undos = {row.what: row.undo for row in data.plan(data.seen()).rows() if row.phase == "settle"}
    assert set(undos.values()) == {"nothing to undo"}


def test_the_plan_holds_no_file_of_the_guest_but_its_digest() -> None:
    flow = b"x: {password: hunter2hunter2}\n"
    secret = FileEdit("/etc/x", b"wpa-psk hunter2hunter2\n" + flow, b"wpa-psk hunter2x\n", 0o600)
    edit = GuestEdit("ifupdown", "eth0", (secret,), (), ())
    text = serial.dumps(data.plan(data.seen(), edit=edit))
    assert edit.digest in text
    assert "hunter2" not in text


def test_a_plan_shows_the_lines_that_are_changed_and_none_beside_them() -> None:
    old = "iface eth0 inet dhcp\n    up /usr/bin/vpn admin hunter22\n    mtu 1400\n"
    made = inside.edit(insides.seen(old), insides.WANTED)
    text = serial.dumps(data.plan(data.seen(), edit=made))
    assert "-iface eth0 inet dhcp" in text
    assert "hunter22" not in text


def test_a_plan_is_read_back_as_it_was() -> None:
    drawn = data.plan(data.seen())
    assert plan.loads(serial.dumps(drawn)) == drawn


def test_a_guest_that_is_there_and_configured_has_nothing_to_do() -> None:
    drawn = data.plan(data.seen(data.moved_tap()), edit=DONE)
    assert drawn.empty
    assert drawn.unmet == ()


def test_one_that_lost_its_bridge_is_put_back_into_it() -> None:
    links = [
        link("enp4s0f0", master="virbr1"),
        link("virbr1", kind="bridge"),
        link(data.TAP, kind="tun"),
    ]
    drawn = data.plan(data.seen(data.moved_tap(), links=links), edit=DONE)
    assert [type(c) for c in drawn.changes] == [Rejoin, Forwarding]


def test_one_that_is_shut_off_has_its_definition_changed_and_nothing_inside() -> None:
    off = data.tap(live_xml="", target="")
    before = data.seen(off, guests=[{"name": data.NAME, "state": "shut off"}])
    drawn = data.plan(before, edit=None, offer=GuestOffer(data.NAME))
    (change,) = drawn.changes
    assert isinstance(change, MoveNic)
    assert [n.step.which for n in drawn.steps() if isinstance(n.step, Plug)] == ["config"]


def test_by_hand_it_waits_for_the_address_as_long_as_it_was_told() -> None:
    one = {"name": data.NAME, "address": data.ADDRESS, "by_hand": True, "wait_s": 77}
    offer = GuestOffer(data.NAME, tried=("no agent", "no console"))
    drawn = data.plan(data.seen(), data.params(guests=(one,)), edit=None, offer=offer)
    (wait,) = (n.step for n in drawn.steps() if isinstance(n.step, AwaitPerson))
    assert (wait.mac, wait.address, wait.budget_s) == (data.MAC, "172.16.1.10", 77)
    (change,) = (c for c in drawn.changes if isinstance(c, ReconfigureByHand))
    assert "172.16.1.10" in change.instructions
    answered = GuestOffer(data.NAME, answers=(data.MAC,))
    there = data.seen(data.moved_tap())
    assert data.plan(there, data.params(guests=(one,)), edit=None, offer=answered).empty


def test_a_person_is_told_why_what_leads_inside_does_not_do_it() -> None:
    one = {"name": data.NAME, "address": data.ADDRESS, "by_hand": True}
    why = Declined("NetworkManager has it", "by hand")
    drawn = data.plan(data.seen(), data.params(guests=(one,)), edit=why)
    (change,) = (c for c in drawn.changes if isinstance(c, ReconfigureByHand))
    assert "because\n   NetworkManager has it\n" in change.instructions


def test_what_is_declined_is_not_configured() -> None:
    drawn = data.plan(data.seen(), edit=Declined("a bond", "by hand"))
    assert [type(c) for c in drawn.changes] == [MoveNic, Forwarding]


def test_the_approval_is_asked_by_the_one_guests_name() -> None:
    assert data.plan(data.seen()).subject == data.NAME
