from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from tests.unit import hosts

from runbook.views import Picture, wiring

SVG = "{http://www.w3.org/2000/svg}"


def drawing(picture: Picture) -> ET.Element:
    return ET.fromstring(picture.body.partition("</svg>")[0] + "</svg>")  # noqa: S314 - made by the test's subject


def words(group: ET.Element) -> list[str]:
    return [text.text or "" for text in group.iter(f"{SVG}text")]


def looks(picture: Picture) -> dict[str, str]:
    """The class under which each box is drawn, by the box's first words."""
    groups = drawing(picture).iter(f"{SVG}g")
    return {words(group)[0]: group.attrib["class"] for group in groups if words(group)}


def test_before_the_router_leads_to_the_nic_that_holds_the_address() -> None:
    picture = wiring(hosts.before(), "172.16.1.1/16")
    assert "router 172.16.0.1 -- enp4s0f0 [172.16.1.1/16]\n" in picture.text
    assert "virbr0 [192.168.122.1/24, STP on] -- build (vnet9)" in picture.text


def test_after_it_leads_through_the_nic_to_the_bridge_and_the_guests() -> None:
    picture = wiring(hosts.after(), "172.16.1.1/16", hosts.before())
    assert (
        "router 172.16.0.1 -- enp4s0f0 [forwarding] -- virbr1 [172.16.1.1/16, STP on]"
        " -- web (vnet0), mail <b> (vnet1)" in picture.text
    )


def test_the_address_is_marked_where_it_is_and_nowhere_else() -> None:
    for seen in (hosts.before(), hosts.after()):
        marked = [
            r for r in drawing(wiring(seen, hosts.OWN)).iter() if r.get("class") == "rb-holds"
        ]
        assert len(marked) == 1


def test_what_is_as_it_was_is_pale_and_what_is_new_is_not() -> None:
    look = looks(wiring(hosts.after(), hosts.OWN, hosts.before()))
    assert look["virbr1 · STP on"] == "rb-new"
    assert look["enp4s0f0"] == "rb-new"
    assert look["virbr0 · STP on"] == "rb-same"
    assert look["build"] == "rb-same"


def test_a_hundred_guests_do_not_make_a_drawing_nobody_can_look_at() -> None:
    names = [f"vnet{n}" for n in range(100)]
    seen = hosts.snapshot(
        links=[
            hosts.link("virbr1", kind="bridge", stp=0),
            *(hosts.link(name, kind="tun", master="virbr1") for name in names),
        ],
        taps=[{"guest": f"g-{name}", "mac": name, "target": name} for name in names],
    )
    picture = wiring(seen, hosts.OWN)
    assert "and 88 more guests" in words(drawing(picture))
    assert int(drawing(picture).attrib["height"]) < 900


def test_a_host_with_nothing_at_all_is_drawn() -> None:
    assert drawing(wiring(hosts.snapshot(), hosts.OWN)).tag == f"{SVG}svg"


@given(st.text(max_size=15))
def test_no_name_breaks_the_drawing(name: str) -> None:
    seen = hosts.snapshot(
        links=[hosts.link("vnet0", kind="tun", master="br0"), hosts.link("br0", kind="bridge")],
        taps=[{"guest": name, "mac": "m", "target": "vnet0"}],
    )
    assert drawing(wiring(seen, hosts.OWN)).tag == f"{SVG}svg"
