from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import hosts

from runbook.state.snapshot import Snapshot
from runbook.views import Picture, wiring
from runbook.views.wiring import layout

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert(1)</script>"


def drawing(picture: Picture) -> ET.Element:
    return ET.fromstring(picture.body.partition("</svg>")[0] + "</svg>")  # noqa: S314 - made by the test's subject


def changed() -> Picture:
    return wiring(hosts.after(), "172.16.1.1/16", hosts.before())


def marked(picture: Picture, mark: str) -> set[str]:
    """The first words of every group that is drawn in this way, of routes and boxes."""
    groups = [g for g in drawing(picture).iter(f"{SVG}g") if mark in g.attrib["class"].split()]
    texts = [[text.text or "" for text in group.iter(f"{SVG}text")] for group in groups]
    return {words[0] for words in texts if words}


def test_every_part_is_in_words_for_those_who_do_not_see_it() -> None:
    picture = wiring(hosts.before(), "172.16.1.1/16")
    description = drawing(picture).attrib["aria-label"]
    for told in (
        "Default route: enp4s0f0 via 172.16.0.1 (MAC 02:00:00:00:ff:01).",
        "enp4s0f0, network card: cable with signal; MAC 02:00:00:00:00:01; the host's own address",
        "enp4s0f1, network card: cable with no signal; MAC 02:00:00:00:00:02; down.",
        "virbr0, bridge: MAC 52:54:00:00:00:00; STP on; 192.168.122.1/24; guests: build [MAC 52",
    ):
        assert told in description
        assert any(line.startswith(told) for line in picture.text.splitlines())


def test_words_say_what_is_new_and_what_is_gone() -> None:
    lines = changed().text.splitlines()
    assert any(line.startswith("Default route (new): virbr1 via 172.16.0.1") for line in lines)
    assert any(line.startswith("Default route (gone): enp4s0f0 via 172.16.0.1") for line in lines)
    assert any(
        line.startswith("virbr1, bridge (new)") and "wired to enp4s0f0 (new)" in line
        for line in lines
    )
    assert any("the host's own address 172.16.1.1/16 (gone)" in line for line in lines)


def test_signs_say_what_is_new_and_what_is_gone_without_any_colour() -> None:
    assert marked(changed(), "rb-new") == {
        *("virbr1", "web", "mail <b>"),
        "+ default route via 172.16.0.1",
    }
    assert marked(changed(), "rb-gone") == {"- default route via 172.16.0.1"}
    assert marked(changed(), "rb-changed") == {"enp4s0f0"}
    words = [text.text for text in drawing(changed()).iter(f"{SVG}text")]
    assert (words.count("+ new"), words.count("~ changed")) == (3, 1)
    assert "+ new, thick" in changed().body


def test_a_router_that_is_gone_is_inside_the_drawing_and_its_line_passes_the_new_one() -> None:
    def state(gateway: str) -> Snapshot:
        default = {"table": 254, "type": "unicast", "dst": "default", "family": "inet"}
        route = {**default, "ifname": "enp4s0f0", "gateway": gateway}
        return hosts.snapshot(links=[hosts.link("enp4s0f0")], routes=[route])

    svg = drawing(wiring(state("172.16.9.9"), hosts.OWN, state("172.16.0.1")))
    found = [group for group in svg.iter(f"{SVG}g") if "router" in [t.text for t in group]]
    new, gone = (rectangle(group) for group in found)
    for _, y, _, height in (new, gone):
        assert 0 < y < y + height < int(svg.attrib["height"])
    assert new[1] + new[3] < gone[1]
    (line,) = (g for g in svg.iter(f"{SVG}g") if g.attrib["class"] == "rb-gone rb-route")
    points = [[int(n) for n in p.split()] for p in line[0].attrib["d"][1:].split("L")]
    beside = {x for x, y in points if y >= new[1] and x < layout.HOST_X}
    assert beside
    assert all(x < new[0] for x in beside)


def rectangle(group: ET.Element) -> list[int]:
    (box,) = (part for part in group if part.attrib.get("class") == "rb-box")
    return [int(box.attrib[name]) for name in ("x", "y", "width", "height")]


def test_an_undo_shows_the_bridge_that_is_gone() -> None:
    undone = wiring(hosts.before(), hosts.OWN, hosts.after())
    assert {"virbr1", "web", "mail <b>"} <= marked(undone, "rb-gone")
    assert [text.text for text in drawing(undone).iter(f"{SVG}text")].count("- gone") == 3


@pytest.mark.parametrize("seen", [hosts.before(), hosts.after()], ids=["before", "after"])
def test_the_address_is_framed_where_it_is_and_nowhere_else(seen: Snapshot) -> None:
    frames = [r for r in drawing(wiring(seen, hosts.OWN)).iter() if r.get("class") == "rb-holds"]
    assert len(frames) == 1


def test_a_reader_for_the_blind_has_name_and_words_and_the_same_host_is_the_same_text() -> None:
    picture = wiring(hosts.before(), hosts.OWN)
    root = drawing(picture)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"].startswith("The wiring of server-01. Default route:")
    # Two notebooks are compared as text, and an id twice on a page would be an error.
    assert wiring(hosts.before(), hosts.OWN) == picture
    assert not [element for element in root.iter() if "id" in element.attrib]


def test_a_host_with_nothing_at_all_is_drawn() -> None:
    picture = wiring(hosts.snapshot(), hosts.OWN)
    assert drawing(picture).tag == f"{SVG}svg"
    assert "There is no default route." in picture.text


@given(st.text(max_size=80))
def test_no_name_breaks_the_drawing_or_becomes_markup(name: str) -> None:
    for guest in (name, NASTY + name):
        seen = hosts.snapshot(
            links=[hosts.link("vnet0", kind="tun", master="br0"), hosts.link("br0", kind="bridge")],
            taps=[{"guest": guest, "mac": "m", "target": "vnet0"}],
        )
        picture = wiring(seen, hosts.OWN)
        assert drawing(picture).tag == f"{SVG}svg"
        assert "<script" not in picture.body
