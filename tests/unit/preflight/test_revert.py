"""What stands in the way of a revert, and what it says that is lost, copied and kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.plan.revert import reverting
from tests.unit.plan.revert.reverting import EDITED, INTERFACES, PLAN, altered, file, later

from runbook.preflight import Case, Finding, RefusedByPreflight
from runbook.preflight.revert import preflight
from runbook.state.snapshot import Snapshot

GUEST = {"guest": "vm-01", "mac": "52:54:00:00:00:09", "type": "network"}


def findings(now: Snapshot, *consent: str) -> tuple[Finding, ...]:
    """All of them, whether or not they stand in the way."""
    params, plan = fakes.params(consent=list(consent)), reverting.plan(now)
    try:
        return preflight(Case(params, plan, now, fakes.GOOD)).findings
    except RefusedByPreflight as refused:
        return refused.findings


def against(now: Snapshot, *consent: str) -> list[tuple[str, str]]:
    return [(one.about, one.seen) for one in findings(now, *consent) if one.against]


def links(**nic: object) -> Snapshot:
    """The host with another NIC."""
    own = {"mac": fakes.NIC_MAC, "master": "virbr1", **nic}
    name = str(own.pop("ifname", fakes.NIC))
    bridge = fakes.link("virbr1", kind="bridge", mac=PLAN.of_host.mac, stp=1)
    return later(links=[fakes.link(name, **own), bridge])


def test_a_host_that_is_as_the_change_left_it_can_be_taken_back() -> None:
    assert against(later()) == []


def test_a_nic_that_has_another_name_now_is_refused_with_that_name() -> None:
    (nic, *_) = [seen for about, seen in against(links(ifname="eno9")) if about == "NIC"]
    assert nic == f"there is no {fakes.NIC}; its card is called eno9 now"


def test_another_card_is_refused() -> None:
    assert any("it had" in seen for about, seen in against(links(mac="02:00:00:00:0f:0f")))


def test_an_address_that_is_not_on_the_bridge_any_more_is_refused() -> None:
    moved = later(addresses=[fakes.address(fakes.NIC, fakes.ADDRESS)])
    assert any("on the host: " in seen and fakes.NIC in seen for _, seen in against(moved))


def test_a_network_that_is_gone_is_refused() -> None:
    assert (
        "network routed",
        "it is gone, or it does not run, or libvirt does not start it at a boot",
    ) in against(later(networks=[]))


@pytest.mark.parametrize(
    "tap",
    [
        {"source": "routed", "target": "vnet0"},
        {"source": "virbr1", "target": "vnet0"},
        # Shut off, it would not start any more.
        {"source": "", "defined_source": "routed"},
    ],
)
def test_a_guest_on_the_network_is_named(tap: dict[str, str]) -> None:
    found = [about for about, _ in against(later(taps=[{**GUEST, **tap}]))]
    assert found == ["guest vm-01"]


def test_whatever_else_is_a_port_of_the_bridge_is_named() -> None:
    now = later(**altered("links", fakes.link("veth9", kind="veth", master="virbr1")))
    assert ("guest behind veth9", "its interface is on virbr1") in against(now)


def test_what_goes_away_with_the_bridge_needs_a_consent() -> None:
    way = fakes.route("10.50.0.0/16", "virbr1", gateway="172.16.0.9")
    now = later(**altered("routes", way))
    assert [about for about, _ in against(now)] == ["lost"]
    assert against(now, "revert-loses") == []


def test_what_was_set_anew_needs_a_consent_too() -> None:
    name, _ = PLAN.of_host.sysctls[0]
    values = [{"name": n, "value": "7" if n == name else v} for n, v in PLAN.of_host.sysctls]
    found = against(later(sysctl=values))
    assert [about for about, _ in found] == ["overwritten"]
    assert name in found[0][1]


def test_copies_and_what_is_kept_are_named_and_stop_nothing() -> None:
    (hook, *others) = [file(f.path, f.text) for f in PLAN.of_host.files]
    mine = file(str(hook["path"]), f"{hook['content']}# mine\n")
    ours = file("/etc/sysctl.d/90-ours.conf", "# ours\n")
    now = later(files=[mine, ours, *others, file(INTERFACES, EDITED)])
    notes = {one.about for one in findings(now) if one.level == "note"}
    assert {hook["path"], "kept: files"} <= notes
    assert against(now) == []


def test_a_crowd_of_rows_that_stay_is_one_line_a_table() -> None:
    rows = [{"name": f"net.ipv4.conf.veth{n}.rp_filter", "value": "2"} for n in range(300)]
    (kept,) = [one for one in findings(later(**altered("sysctl", *rows))) if "kept" in one.about]
    assert kept.level == "note"
    assert kept.seen.endswith(" and 296 more")


def test_consents_to_other_changes_are_no_matter_of_a_revert() -> None:
    about = [one.about for one in findings(later(), "bpdu", "new-mac")]
    assert not any(words.startswith("consent") for words in about)
    assert "consent revert-loses" in [one.about for one in findings(later(), "revert-loses")]


def test_a_finding_never_passes_a_plan_of_another_kind() -> None:
    with pytest.raises(TypeError, match="takes no change back"):
        _ = replace(PLAN).of_revert
