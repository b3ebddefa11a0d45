from __future__ import annotations

from tests.unit import guest_data as data
from tests.unit import insides
from tests.unit.fakes import link

from runbook import views
from runbook.guest.target import GuestOffer
from runbook.state.guest import sightings
from runbook.state.guest.sightings import How, Sighting


def test_a_host_without_guests_says_so() -> None:
    rows = sightings.table(data.seen(taps=[], guests=[]), ())
    assert "no guest" in views.guests(rows, "virbr1").text


def test_an_address_is_shown_with_how_it_was_seen() -> None:
    seen = [Sighting(data.MAC, "192.168.122.50", How.AGENT)]
    shown = views.guests(sightings.table(data.seen(), seen), "virbr1")
    for word in (data.NAME, data.MAC, "192.168.122.50", "agent", "virbr0"):
        assert word in shown.text
        assert word in shown.body


def test_a_tap_in_no_bridge_stands_out() -> None:
    before = data.seen(data.moved_tap(), links=[link(data.TAP, kind="tun")])
    shown = views.guests(sightings.table(before, ()), "virbr1")
    assert "none!" in shown.text
    assert "rb-removed" in shown.body


def test_what_a_guest_says_of_itself_is_no_html() -> None:
    inside = insides.seen(os_name="<b>Debian</b>", managers=())
    shown = views.offers([GuestOffer("vm-01", "serial console", inside)])
    assert "<b>Debian" not in shown.body
    assert "eth0 (managed by nothing known)" in shown.text


def test_what_was_tried_is_shown_where_nothing_leads_inside() -> None:
    shown = views.offers([GuestOffer("vm-01", tried=("no agent", "no console"))])
    assert "no agent; no console" in shown.text
    assert "none" in shown.text


def test_the_instructions_are_shown_to_the_letter() -> None:
    shown = views.instructions("vm-01", "iface NIC inet static\n    address <x>", 77)
    assert "    address <x>" in shown.text
    assert "&lt;x&gt;" in shown.body
    assert "up to 77 s" in shown.text


def test_what_is_typed_in_each_guest_to_have_it_put_back_is_shown() -> None:
    shown = views.guest_undos({"vm-01": "sh /var/lib/runbook/x/undo"})
    for told in (shown.body, shown.text):
        assert "the console of vm-01" in told
        assert "sh /var/lib/runbook/x/undo" in told
