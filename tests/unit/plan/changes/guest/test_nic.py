from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.guest_data import DEFINED_XML, MAC, NAME, NIC_XML

from runbook.plan.changes.file_steps import Restore
from runbook.plan.changes.guest.nic import MoveNic, Rejoin, as_it_was, attached_to
from runbook.plan.changes.guest_steps import Plug

MOVE = MoveNic(NAME, MAC, "routed", "default", NIC_XML, "default", DEFINED_XML)


def parsed(xml: str) -> Element:
    """What this package made itself."""
    return fromstring(xml)  # noqa: S314 - likewise


def test_what_is_no_xml_is_an_error() -> None:
    with pytest.raises(ParseError):
        attached_to("<interface", "routed")


def test_only_the_source_changes() -> None:
    made = parsed(attached_to(NIC_XML, "routed"))
    source = made.find("source")
    assert source is not None
    assert source.attrib == {"network": "routed"}
    rest = [(e.tag, e.attrib) for e in made if e.tag != "source"]
    assert rest == [
        ("mac", {"address": MAC}),
        ("model", {"type": "virtio"}),
        ("address", {"type": "pci", "slot": "0x02"}),
    ]


def test_a_filter_and_a_port_group_stay_and_go() -> None:
    xml = NIC_XML.replace("portid=", "portgroup='a' portid=").replace(
        "</interface>", "<filterref filter='clean-traffic'/></interface>"
    )
    made = attached_to(xml, "routed")
    assert "clean-traffic" in made
    assert "portgroup" not in made


def test_one_on_a_bridge_comes_onto_the_network_and_goes_back_to_the_bridge() -> None:
    xml = DEFINED_XML.replace("type='network'", "type='bridge'").replace("network='d", "bridge='d")
    made = parsed(attached_to(xml, "routed"))
    assert made.get("type") == "network"
    back = parsed(as_it_was(xml))
    assert back.get("type") == "bridge"
    source = back.find("source")
    assert source is not None
    assert source.attrib == {"bridge": "default"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40))
def test_no_name_of_a_network_makes_other_xml(name: str) -> None:
    source = parsed(attached_to(NIC_XML, name)).find("source")
    assert source is not None
    assert source.get("network") == name
    assert not list(source)


def test_the_running_guest_first_then_its_definition_and_back_with_the_file() -> None:
    made = [step for step in MOVE.do() if isinstance(step, Plug)]
    assert [(step.which, step.source) for step in made] == [
        ("live", "routed"),
        ("config", "routed"),
    ]
    back = MOVE.undo()
    assert [(s.which, s.source) for s in back if isinstance(s, Plug)] == [
        ("live", "default"),
        ("config", "default"),
    ]
    assert back[-1] == Restore(f"/etc/libvirt/qemu/{NAME}.xml")


def test_a_guest_that_is_off_has_its_definition_changed_alone() -> None:
    off = MoveNic(NAME, MAC, "routed", "", "", "default", DEFINED_XML)
    assert [step.which for step in off.do() if isinstance(step, Plug)] == ["config"]


def test_half_a_move_is_finished_and_only_that_half_undone() -> None:
    half = MoveNic(NAME, MAC, "routed", "routed", NIC_XML, "default", DEFINED_XML)
    assert [step.which for step in half.do() if isinstance(step, Plug)] == ["config"]
    assert [step.which for step in half.undo() if isinstance(step, Plug)] == ["config"]


def test_a_tap_goes_back_to_where_it_was() -> None:
    made = Rejoin(NAME, "vnet0", "virbr1")
    assert [step.describe() for step in made.do()] == ["ip link set dev vnet0 master virbr1"]
    assert [step.describe() for step in made.undo()] == ["ip link set dev vnet0 nomaster"]
