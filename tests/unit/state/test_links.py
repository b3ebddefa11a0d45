from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from tests.unit.state.made_up_dumps import Interfaces, dump_of, interfaces, link_row
from tests.unit.state.recorded import as_documented, column, dump, host, said

from runbook.state import bridge_ports, links
from runbook.state.links import LinkRow
from runbook.state.netlink import frames

ROWS = links.parse(dump("links"))
SAID = {told["ifname"]: told for told in said("ip-link.json")}


def row(ifname: str, table: tuple[LinkRow, ...] = ROWS) -> LinkRow:
    (found,) = (row for row in table if row.ifname == ifname)
    return found


def message(index: int, ifname: str, kind: str, **attrs: object) -> bytes:
    """RTM_NEWLINK, for what this machine's kernel cannot make."""
    made = ifinfmsg()
    made["header"]["type"], made["index"], made["flags"] = 16, index, 0x10043
    made["attrs"] = [
        ("IFLA_IFNAME", ifname),
        ("IFLA_ADDRESS", "02:00:00:00:00:01"),
        ("IFLA_MTU", 1500),
        *attrs.items(),
        *([("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", kind)]})] if kind else []),
    ]
    made.encode()
    return bytes(made.data)


def test_it_is_as_documented() -> None:
    assert as_documented(ROWS, links.TABLE)
    assert as_documented(links.parse(b""), links.TABLE)


def test_no_interface_is_left_out() -> None:
    assert set(column(ROWS, "ifname")) == set(SAID)


@given(interfaces)
def test_links_of_any_layouts_are_decoded_as_each_of_them_is(there: Interfaces) -> None:
    assert list(links.parse(dump_of(there))) == sorted(link_row(index, there) for index in there)


@given(interfaces.filter(bool), st.data())
def test_an_attribute_that_is_cut_short_is_refused(there: Interfaces, data: st.DataObject) -> None:
    raw = bytearray(dump_of(there))
    # The length of the first attribute of any message: it goes beyond its end.
    begins = [begin for _, begin, _ in frames(bytes(raw))]
    raw[data.draw(st.sampled_from(begins)) + 33] = 0x7F
    for module in (links, bridge_ports):
        with pytest.raises(ValueError, match="cut short"):
            module.parse(bytes(raw))


@pytest.mark.parametrize("ifname", sorted(SAID))
def test_each_interface_is_what_iproute2_says(ifname: str) -> None:
    told, found = SAID[ifname], row(ifname)
    flags, info = told["flags"], told.get("linkinfo", {})
    assert found.ifindex == told["ifindex"]
    assert found.kind == info.get("info_kind", "")
    assert (found.mac, found.mtu) == (told["address"], told["mtu"])
    assert (found.up, found.carrier) == ("UP" in flags, "LOWER_UP" in flags)
    assert found.operstate == told["operstate"].lower()
    assert (found.master, found.lower) == (told.get("master", ""), told.get("link", ""))
    bridge = info.get("info_data", {}) if found.kind == "bridge" else {}
    assert found.stp == bridge.get("stp_state")
    delay = bridge.get("forward_delay")
    assert found.forward_delay_s == (None if delay is None else delay / 100)


def test_a_vlan_sits_on_its_nic_and_a_bond_holds_its_own() -> None:
    table = links.parse(
        message(2, "enp4s0f0", "", IFLA_MASTER=4)
        + message(3, "enp4s0f0.7", "vlan", IFLA_LINK=2)
        + message(4, "bond0", "bond")
    )
    assert column(table, "lower", kind="vlan") == ["enp4s0f0"]
    assert column(table, "ifname", master="bond0") == ["enp4s0f0"]


@pytest.mark.parametrize(
    ("number", "mode"), [(1, "active-backup"), (4, "802.3ad"), (6, "balance-alb"), (9, "mode 9")]
)
def test_the_mode_of_a_bond_is_told_in_iproute2_s_word(number: int, mode: str) -> None:
    data = ("IFLA_INFO_DATA", {"attrs": [("IFLA_BOND_MODE", number)]})
    info = {"attrs": [("IFLA_INFO_KIND", "bond"), data]}
    table = links.parse(message(2, "enp4s0f0", "") + message(4, "bond0", "", IFLA_LINKINFO=info))
    assert [row.bond_mode for row in table] == [mode, ""]


@pytest.mark.parametrize("filters", [0, 1])
def test_a_bridge_whose_ports_have_vlans_of_their_own_is_told(filters: int) -> None:
    data = ("IFLA_INFO_DATA", {"attrs": [("IFLA_BR_VLAN_FILTERING", filters)]})
    info = {"attrs": [("IFLA_INFO_KIND", "bridge"), data]}
    (bridge,) = links.parse(message(4, "br0", "", IFLA_LINKINFO=info))
    assert bridge.vlan_filtering == ("on" if filters else "")


def test_the_far_end_of_a_veth_or_of_another_namespace_is_not_below_it() -> None:
    table = links.parse(
        message(2, "enp4s0f0", "")
        + message(3, "veth0", "veth", IFLA_LINK=2)
        + message(4, "macvlan0", "macvlan", IFLA_LINK=2, IFLA_LINK_NETNSID=0)
    )
    assert set(column(table, "lower")) == {""}


def test_a_vxlan_is_bound_to_a_nic_that_the_kernel_does_not_call_its_lower_one() -> None:
    data = {"attrs": [("IFLA_VXLAN_LINK", 2)]}
    info = {"attrs": [("IFLA_INFO_KIND", "vxlan"), ("IFLA_INFO_DATA", data)]}
    raw = message(2, "eth7", "") + message(3, "vxlan7", "", IFLA_LINKINFO=info)
    found = links.parse(raw)
    assert (row("vxlan7", found).kind, row("vxlan7", found).lower) == ("vxlan", "eth7")


def test_the_mac_that_a_card_came_with_is_told_beside_the_one_that_it_was_given() -> None:
    (found,) = links.parse(message(2, "eth7", "", IFLA_PERM_ADDRESS=bytes.fromhex("3cecef000001")))
    assert (found.mac, found.own_mac) == ("02:00:00:00:00:01", "3c:ec:ef:00:00:01")
    assert "own_mac" in links.VOLATILE


def test_the_other_names_of_a_card_are_told_and_count_for_nothing_in_a_comparison() -> None:
    names = {"attrs": [("IFLA_ALT_IFNAME", "eno1"), ("IFLA_ALT_IFNAME", "enx020000000001")]}
    (found,) = links.parse(message(2, "eth7", "", IFLA_PROP_LIST=names))
    assert found.altnames == "eno1 enx020000000001"
    assert "altnames" in links.VOLATILE


def test_stp_kept_by_a_daemon_is_stp() -> None:
    assert set(column(ROWS, "stp")) == {None, 0, 1}
    raw = bytearray(dump("links"))
    # IFLA_BR_STP_STATE of the first bridge: length 8, type 5, value 1.
    at = raw.index(bytes([8, 0, 5, 0, 1, 0, 0, 0]))
    raw[at + 4] = 2
    assert row("br0", links.parse(bytes(raw))).stp == 1


def test_the_recorded_host_has_its_nic(tmp_path: Path) -> None:
    table = links.read(host(tmp_path))
    assert as_documented(table, links.TABLE)
    assert column(table, "carrier", ifname="enp4s0f0") == [True]
