from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import INTERFACES, NIC, NIC_MAC, Row

from runbook.plan.changes.nic_name import FindNic, link_path
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Case, Finding, nic_name


def drawn(*files: Row) -> Plan:
    rows = [fakes.file("/etc/network/interfaces", INTERFACES), *files]
    return make_plan(fakes.params(), fakes.seen(files=rows))


def judged(nic: str, *files: Row, links: tuple[str, ...] = ()) -> Finding:
    names = [fakes.link(name) for name in links]
    host = fakes.seen(
        links=[fakes.link("lo"), fakes.link(nic, mac=NIC_MAC), *names], files=list(files)
    )
    params = fakes.params(interface=nic)
    (found,) = nic_name.RULES[0](Case(params, drawn(), host, fakes.GOOD))
    return found


def link_of(name: str, mac: str = NIC_MAC) -> Row:
    text = f"# the LAN\n[Match]\nPermanentMACAddress={mac.upper()}\n[Link]\nName={name}\n"
    return fakes.file("/etc/systemd/network/10-lan.link", text)


def pins(plan: Plan) -> list[str]:
    return [path for path in plan.paths if path.endswith(".link")]


def test_the_plan_keeps_the_name_by_the_mac_and_the_undo_takes_that_away() -> None:
    plan, path = drawn(), link_path("routed")
    assert pins(plan) == [path]
    (written,) = [row for row in plan.rows() if f"write {path}" in row.what]
    for line in (f"MACAddress={NIC_MAC}", "Type=ether", f"Name={NIC}"):
        assert f"\n{line}\n" in written.after
    assert f"put back {path}" in written.undo
    assert "by its MAC" in judged(NIC).seen


def test_a_card_whose_stanza_gives_it_another_mac_is_named_by_its_own() -> None:
    own = "3c:ec:ef:00:00:01"
    links = [fakes.link("lo"), fakes.link(NIC, mac=NIC_MAC, own_mac=own)]
    plan = make_plan(fakes.params(), fakes.seen(links=links))
    (written,) = [row for row in plan.rows() if f"write {link_path('routed')}" in row.what]
    assert f"\nMACAddress={own}\n" in written.after
    file = link_of(NIC, own)
    rows = [fakes.file("/etc/network/interfaces", INTERFACES), file]
    assert pins(make_plan(fakes.params(), fakes.seen(links=links, files=rows))) == []


def test_a_name_that_a_file_keeps_already_needs_no_other_file() -> None:
    assert pins(drawn(link_of(NIC))) == []
    assert judged(NIC, link_of(NIC)).level == "ok"
    rule = f'SUBSYSTEM=="net", ATTR{{address}}=="{NIC_MAC}", NAME="{NIC}"\n'
    udev = fakes.file("/etc/udev/rules.d/70-persistent-net.rules", rule)
    assert judged(NIC, udev).seen.endswith("70-persistent-net.rules")
    assert pins(drawn(udev)) == []


def test_a_file_for_another_card_keeps_nothing() -> None:
    assert pins(drawn(link_of("lan0", "02:00:00:00:99:99"))) == [link_path("routed")]


def test_a_card_that_a_file_calls_otherwise_at_the_next_boot_is_refused() -> None:
    found = judged(NIC, link_of("lan0"))
    assert found.level == "block"
    assert "calls this card lan0 at the next boot" in found.seen


def test_cards_that_the_kernel_names_by_order_need_somebody_who_knows_them() -> None:
    found = judged("eth0", links=("eth1", "enp5s0"))
    assert (found.level, found.name) == ("consent", "nic-name")
    assert "eth0 and eth1" in found.seen
    assert judged("eth0", links=("enp5s0",)).level == "ok"


@pytest.mark.parametrize("kind", ["vlan", "bond"])
def test_what_ifupdown_makes_has_the_name_that_it_gives(kind: str) -> None:
    host = fakes.seen(links=[fakes.link("lo"), fakes.link(NIC, mac=NIC_MAC, kind=kind)])
    (found,) = nic_name.RULES[0](Case(fakes.params(), drawn(), host, fakes.GOOD))
    assert found.level == "ok"


@pytest.mark.parametrize("kind", ["bond", "vlan"])
def test_a_file_that_names_the_card_below_a_bond_or_a_vlan_is_no_hindrance(kind: str) -> None:
    rows = [fakes.link("bond0", mac=NIC_MAC, kind=kind), fakes.link(NIC, mac=NIC_MAC)]
    host = fakes.seen(links=rows, files=[link_of(NIC)])
    (found,) = nic_name.RULES[0](Case(fakes.params(interface="bond0"), drawn(), host, fakes.GOOD))
    assert found.level == "ok"


def test_the_undo_looks_for_the_nic_before_anything_else() -> None:
    change, step = drawn().undo_steps()[0]
    assert change == FindNic(NIC, NIC_MAC)
    assert NIC in step.describe()
    assert NIC_MAC in step.describe()
