from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import guest_data as data
from tests.unit import insides

from runbook.common.redact import redact_xml
from runbook.guest.configure.guest_edit import Declined
from runbook.guest.rules.case import GuestCase
from runbook.guest.rules.judge import preflight
from runbook.guest.target import GuestOffer
from runbook.params import Params
from runbook.preflight import Finding, RefusedByPreflight
from runbook.state.guest.inside import Inside
from runbook.state.links import LinkRow
from runbook.views import beforehand


def against(case: GuestCase) -> str:
    """What refuses it, in one text."""
    with pytest.raises(RefusedByPreflight) as caught:
        preflight(case)
    return str(caught.value)


def found(case: GuestCase) -> tuple[Finding, ...]:
    """What is found, nothing against it."""
    return preflight(case).findings


def asked(**other: object) -> Params:
    """One guest, but for `other`."""
    return data.params(guests=({"name": data.NAME, "address": data.ADDRESS, **other},))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"gateway": "172.16.1.1"}, "its gateway 172.16.1.1 is the host itself"),
        ({"gateway": "10.9.9.9"}, "its gateway 10.9.9.9 is not on the link"),
        ({"address": "10.9.9.10/16", "gateway": "10.9.0.1"}, "is outside 172.16.0.0/16"),
    ],
)
def test_an_address_or_a_gateway_out_of_place(entry: dict[str, object], said: str) -> None:
    assert said in against(data.case(asked=asked(**entry)))


@pytest.mark.parametrize(
    ("address", "whose"), [("172.16.1.1/16", "the host"), ("172.16.0.1/16", "the router")]
)
def test_the_address_of_host_or_router_is_refused_as_a_parameter(address: str, whose: str) -> None:
    with pytest.raises(ValueError, match=f"is the address of {whose}"):
        asked(address=address)


def test_beside_a_host_without_a_subnet_a_guest_s_own_gateway_is_what_counts() -> None:
    alone = {"address": "172.16.1.1/32"}
    entry = {"name": data.NAME, "address": "10.9.9.10/16", "gateway": "10.9.0.1"}
    assert found(data.case(asked=data.params(guests=(entry,), **alone)))
    off = {**entry, "address": "10.9.9.10/24"}
    said = against(data.case(asked=data.params(guests=(off,), **alone)))
    assert "not on the link of 10.9.9.10/24" in said


def test_a_gateway_off_the_link_is_the_operator_s_to_ask_for() -> None:
    entry = {"name": data.NAME, "address": "172.20.7.10/32", "gateway": "172.16.0.1"}
    notes = [f.seen for f in found(data.case(asked=data.params(guests=(entry,))))]
    assert "its gateway 172.16.0.1 is not on the link of 172.20.7.10/32" in notes
    assert "its address 172.20.7.10/32 is outside 172.16.0.0/16" in notes
    silent = {"name": data.NAME, "address": "172.20.7.10/32"}
    said = against(data.case(asked=data.params(guests=(silent,))))
    assert "address: 172.20.7.10/32 and gateway: 172.16.0.1" in said


def test_an_address_of_another_guest_in_the_parameters() -> None:
    entries = (
        {"name": data.NAME, "address": data.ADDRESS},
        {"name": "vm-02", "address": data.ADDRESS},
    )
    assert "is that of guest vm-02" in against(data.case(asked=data.params(guests=entries)))


def test_an_address_in_use_is_told_with_the_mac_and_the_guests_own_is_none() -> None:
    taken = GuestOffer(data.NAME, "serial console", answers=("02:00:00:00:00:99", data.MAC))
    assert "02:00:00:00:00:99 answers for 172.16.1.10 already" in against(data.case(offer=taken))
    own = GuestOffer(data.NAME, "serial console", answers=(data.MAC,))
    assert found(data.case(offer=own))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"state": "paused"}, "it is paused"),
        ({"state": "shut off", "saved": True}, "managed save"),
        ({"state": "crashed"}, "it is crashed"),
    ],
)
def test_one_that_is_neither_running_nor_off(row: data.Row, said: str) -> None:
    assert said in against(data.case(data.seen(guests=[{"name": data.NAME, **row}])))


def test_one_that_is_shut_off_is_noted() -> None:
    off = data.tap(live_xml="", target="")
    before = data.seen(off, guests=[{"name": data.NAME, "state": "shut off"}])
    notes = [f.seen for f in found(data.case(before, edit=None)) if f.level == "note"]
    assert "it is shut off: only its definition is changed" in notes


def test_a_macvtap_is_not_moved() -> None:
    direct = data.tap(type="direct")
    assert "is of type direct" in against(data.case(data.seen(direct)))


@pytest.mark.parametrize("which", ["live_xml", "defined_xml"])
def test_a_nic_with_a_secret_in_its_definition_is_refused_by_name(which: str) -> None:
    word = "S3cretVaLue99"
    ref = f"<filterref filter='x'><parameter name='PASSWORD' value='{word}'/></filterref>"
    xml = data.NIC_XML.replace("</interface>", f"{ref}</interface>")
    said = against(data.case(data.seen(data.tap(**{which: redact_xml(xml)}))))
    assert f"the definition of its NIC {data.MAC} has a secret in it" in said
    assert "virsh edit vm-01" in said
    assert word not in said


def test_a_mac_that_is_there_twice() -> None:
    twin = data.tap(guest="copy", target="vnet1")
    before = data.seen(
        taps=[data.tap(), twin],
        guests=[{"name": n, "state": "running"} for n in (data.NAME, "copy")],
    )
    assert "more than once" in against(data.case(before))


@pytest.mark.parametrize(("pinned", "refused"), [("192.168.122.50", True), ("172.16.1.10", False)])
def test_a_filter_that_knows_the_old_address_only(pinned: str, *, refused: bool) -> None:
    ref = f"<filterref filter='clean-traffic'><parameter name='IP' value='{pinned}'/></filterref>"
    xml = data.NIC_XML.replace("</interface>", f"{ref}</interface>")
    case = data.case(data.seen(data.tap(filter="clean-traffic", live_xml=xml)))
    if refused:
        assert "not 172.16.1.10" in against(case)
    else:
        assert any("clean-traffic" in f.seen and f.level == "note" for f in found(case))


NAMELESS = insides.seen(answering=(), nameservers=())


@pytest.mark.parametrize(
    ("inside", "manager", "said"),
    [
        (NAMELESS, "netplan", "no name resolves in it"),
        (replace(NAMELESS, systemd=False), "netplan", "restarts during the change"),
        (replace(NAMELESS, systemd=False), "ifupdown", "the guest has no name server"),
        (insides.seen(), "ifupdown", "the LAN may not reach 192.168.122.1"),
        (insides.seen(answering=()), "ifupdown", "the LAN may not reach 192.168.122.1"),
        (insides.seen(answering=(), nameservers=("9.9.9.9",)), "ifupdown", ""),
        (insides.seen(answering=("192.168.122.1", "9.9.9.9")), "ifupdown", ""),
    ],
)
def test_what_a_guest_will_lack_is_said_beforehand(inside: Inside, manager: str, said: str) -> None:
    offer = GuestOffer(data.NAME, "serial console", inside)
    edit = replace(data.EDIT, manager=manager)
    findings = found(data.case(offer=offer, edit=edit))
    noted = [f for f in findings if f.seen.startswith("by serial console")]
    assert [f.level for f in noted] == ["note" if said else "ok"]
    assert said in noted[0].why


def test_name_servers_that_are_asked_for_are_not_missed_beforehand() -> None:
    offer = GuestOffer(data.NAME, "serial console", insides.seen())
    case = data.case(asked=asked(nameservers=["172.16.0.1"]), offer=offer, edit=data.EDIT)
    assert not any("resolve" in finding.why for finding in found(case))


def test_a_guest_without_a_name_server_is_told_which_field_gives_it_one() -> None:
    offer = GuestOffer(data.NAME, "serial console", NAMELESS)
    (noted,) = [f for f in found(data.case(offer=offer, edit=data.EDIT)) if "no name" in f.why]
    assert noted.level == "note"
    assert "`nameservers`" in noted.then
    # It stands above the question too.
    (warning,) = beforehand(found(data.case(offer=offer, edit=data.EDIT)))
    assert warning.text.startswith("! guest vm-01: the guest has no name server")
    assert beforehand(found(data.case())) == ()


def test_nothing_that_leads_inside_unless_a_person_goes() -> None:
    offer = GuestOffer(data.NAME, tried=("no agent", "no console"))
    said = against(data.case(edit=None, offer=offer))
    assert "cannot enter the guest: no agent; no console" in said
    assert "by_hand" in said
    by_hand = found(data.case(asked=asked(by_hand=True), edit=None, offer=offer))
    assert any(f.seen.startswith("by hand, for 600 s") for f in by_hand)


def test_what_is_not_edited_is_refused_with_the_reason() -> None:
    declined = Declined("a mapping decides", "take it out")
    said = against(data.case(edit=declined))
    assert "a mapping decides" in said
    assert "take it out" in said


def test_another_guest_without_its_bridge_is_noted() -> None:
    other = data.moved_tap(guest="lost", mac="52:54:00:00:00:07", target="vnet7")
    before = data.seen()
    links = [*(row._asdict() for row in before.rows(LinkRow)), {"ifname": "vnet7", "kind": "tun"}]
    guests = [{"name": n, "state": "running"} for n in (data.NAME, "lost")]
    case = data.case(data.seen(taps=[data.tap(), other], links=links, guests=guests))
    assert any(f.about == "guest lost" and "vnet7" in f.seen for f in found(case))


def test_a_guest_that_is_fine_is_said_to_be_so() -> None:
    told = found(data.case())
    assert {f.about for f in told if f.level == "ok"} >= {
        "guests: state",
        "guests: gateway",
        "guests: address in use",
        "guest vm-01",
    }


HEARD = GuestOffer(data.NAME, "serial console", heard="192.168.122.50")


def on_hearing(case: GuestCase) -> Finding:
    """What is said of whether it answers this machine."""
    (said,) = (f for f in found(case) if "this machine" in f.seen)
    return said


def test_a_guest_that_is_heard_has_to_be_heard_afterwards_and_the_way_out_is_named() -> None:
    said = on_hearing(data.case(offer=HEARD))
    assert (said.level, said.about) == ("ok", "guest vm-01")
    assert "at 192.168.122.50: it has to answer this machine at 172.16.1.10" in said.seen
    assert "consent: [unheard]" in said.then
    assert "reported, not required" in on_hearing(data.case()).seen


def test_that_it_need_not_be_is_a_consent_and_binds_the_plan() -> None:
    asked = data.params(consent=["unheard"])
    said = on_hearing(data.case(asked=asked, offer=HEARD))
    assert (said.level, said.name, said.given) == ("consent", "unheard", True)
    (guest,) = data.plan(data.seen(), asked, offer=HEARD).of_guests.guests
    assert (guest.heard, guest.unheard) == ("192.168.122.50", True)


def test_a_consent_to_what_was_not_heard_before_is_one_that_nothing_asks_for() -> None:
    case = data.case(asked=data.params(consent=["bpdu", "unheard"]))
    noted = {f.about for f in found(case) if f.level == "note"}
    assert "consent unheard" in noted
    # The same file's, for the host's own move.
    assert "consent bpdu" not in noted
