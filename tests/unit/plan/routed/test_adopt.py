"""libvirt's bridge takes the place of ifupdown's: everything in it passes, and comes back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.booted import booted
from tests.unit.fakes import NIC, NIC_MAC, Row
from tests.unit.plan.changes.modelled import modelled
from tests.unit.plan.changes.test_undo import undone
from tests.unit.plan.routed.test_attach import BR0, HOSTBR, STANZA, bridged

from runbook.apply.checkpoint.script import undo_script
from runbook.common import serial
from runbook.common.errors import ParameterError, Refused
from runbook.plan import plan as plans
from runbook.plan.changes.adopt import AdoptNic, AdoptPorts
from runbook.plan.changes.file_steps import EditFile, Restore
from runbook.plan.changes.files import EditLines
from runbook.plan.changes.guest_steps import Plug
from runbook.plan.changes.messages import Action, LinkMaster, Route
from runbook.plan.changes.steps import GatedNetlink
from runbook.plan.forecast import after_plan
from runbook.plan.forecast.boot import rehearse
from runbook.plan.forecast.wiring import wired
from runbook.plan.plan import Plan
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, RefusedByPreflight, preflight
from runbook.state.bridge_ports import BridgePortRow
from runbook.state.files import FileRow
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import parse

XML = (
    "<interface type='bridge'><mac address='52:54:00:0a:0b:01'/><source bridge='br0'/></interface>"
)
DEFINITION = "/etc/libvirt/qemu/vm-01.xml"
GUEST: Row = {"name": "vm-01", "state": "running"}
TAP: Row = {
    "guest": "vm-01",
    "mac": "52:54:00:0a:0b:01",
    "type": "bridge",
    "source": BR0,
    "target": "vnet0",
    "defined_source": BR0,
    "defined_xml": XML,
    "live_xml": XML,
}


IPV4_ROUTES = [fakes.default(BR0), fakes.connected(BR0)]


def host(text: str = STANZA, /, **tables: list[Row]) -> Snapshot:
    """br0 with a NIC and a guest in it."""
    files = [fakes.file("/etc/network/interfaces", text), fakes.file(DEFINITION, "vm-01 on br0")]
    rows: dict[str, list[Row]] = {"guests": [GUEST], "taps": [TAP], "files": files}
    rows["routes"] = IPV4_ROUTES
    return bridged(**{**rows, **tables})


def asked(**other: object) -> dict[str, object]:
    return {"adopt": BR0, "bridge_mac": "nic", **other}


def planned(seen: Snapshot | None = None, /, **other: object) -> Plan:
    return make_plan(fakes.params(**asked(**other)), seen or host())


def cleared(seen: Snapshot | None = None, **other: object) -> Cleared:
    seen = seen or host()
    params = fakes.params(**asked(**other))
    return preflight(params, make_plan(params, seen), seen, fakes.GOOD)


def refusal(seen: Snapshot, **other: object) -> str:
    with pytest.raises(RefusedByPreflight) as refused:
        cleared(seen, **other)
    return refused.value.what


def cutover(plan: Plan) -> GatedNetlink:
    (change,) = (c for c in plan.changes if isinstance(c, AdoptPorts))
    (step,) = (step for step in change.do() if isinstance(step, GatedNetlink))
    return step


def links(*more: Row, **bridge: object) -> list[Row]:
    old = fakes.link(BR0, **{"kind": "bridge", "mac": NIC_MAC, "stp": 0, **bridge})
    return [old, fakes.link(NIC, mac=NIC_MAC, master=BR0), *more]


def test_a_bridge_that_is_not_there_and_a_port_of_another_are_refused() -> None:
    none = host(links=[fakes.link(NIC, mac=NIC_MAC), fakes.link(BR0, kind="bridge")])
    assert f"{NIC} is no port of it" in refusal(none)
    with pytest.raises(ParameterError, match="br7"):
        planned(adopt="br7")


def test_what_would_be_left_behind_in_the_old_bridge_is_refused_by_name() -> None:
    veth = fakes.link("veth0a1b", kind="veth", master=BR0)
    vlan = fakes.link("br0.10", kind="vlan", lower=BR0)
    assert "veth0a1b is in it" in refusal(host(links=links(veth)))
    assert "br0.10 (vlan) is on top of it" in refusal(host(links=links(vlan)))
    assert "libvirt network hostbr leads onto it" in refusal(host(networks=[HOSTBR]))
    saved = {**GUEST, "state": "shut off", "saved": True}
    assert "virsh start vm-01" in refusal(host(guests=[saved]))


def test_a_host_that_learns_ipv6_from_a_router_is_refused() -> None:
    assert "learns IPv6" in refusal(host(**six(fakes.slaac())))


def test_spanning_tree_on_the_old_bridge_is_refused_since_the_two_are_joined() -> None:
    assert "STP is on" in refusal(host(links=links(stp=1)))


def test_a_bridge_that_keeps_guests_apart_by_vlans_is_refused() -> None:
    """In libvirt's bridge a guest would reach the VLANs of all others."""
    assert "VLAN filtering is on" in refusal(host(links=links(vlan_filtering="on")))


def test_words_that_do_not_go_together_are_refused() -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"attach": True}, "attach"),
        ({"bridge": BR0}, "br0 is the bridge"),
        ({"addressing": "keep"}, "addressing"),
    ]
    for other, word in wrong:
        with pytest.raises(ValueError, match=word):
            fakes.params(**asked(**other))


def test_the_host_sends_by_the_nic_before_the_nic_leaves_and_until_it_has_come() -> None:
    """Whatever the port's place, its routes lead by the NIC itself, and nothing waits for it."""
    step = cutover(planned())
    leaves = step.messages.index(LinkMaster(NIC, "virbr1"))
    assert step.first == leaves + 1
    before, after = step.messages[:leaves], step.messages[leaves + 1 :]
    ways = {m.dst: m.ifname for m in before if isinstance(m, Route)}
    assert ways == dict.fromkeys(("172.16.0.0/17", "172.16.128.0/17", "default"), NIC)
    gone = {m.dst for m in after if isinstance(m, Route) and m.action is Action.DELETE}
    assert gone == {"172.16.0.0/17", "172.16.128.0/17"}
    assert {m.ifname for m in after if isinstance(m, Route) and m.dst in gone} == {NIC}


def test_the_bridges_are_joined_before_a_tap_passes_and_until_the_nic_has() -> None:
    plan = planned()
    said = [n.step.describe() for n in plan.steps()]
    told = [line for text in said for line in text.splitlines()]
    order = [
        f"ip link set dev rbcarrier1 master {BR0}",
        "virsh update-device vm-01 NIC.xml --live   # routed",
        f"ip link set dev {NIC} master virbr1",
        "ip link delete dev rbcarrier0",
    ]
    assert [line for line in told if line in order] == order
    undo = [step.describe() for _, step in plan.undo_steps()]
    back = [
        f"join virbr1 and {BR0} by a pair of veth",
        f"virsh update-device vm-01 NIC.xml --live   # {BR0}",
        f"put every port of virbr1 into {BR0}",
    ]
    assert [line for line in undo if line in back] == back


def shortcuts(seen: Snapshot) -> list[str]:
    """When guests take the shortcut and leave it, among the moves of ports; first the undo."""
    plan = planned(seen)
    words = ("nft", "update-device vm-01 NIC.xml --live", f"set dev {NIC} master", "put every port")
    undo = [line for _, step in plan.undo_steps() for line in step.describe().splitlines()]
    do = [line for n in plan.steps() for line in n.step.describe().splitlines()]
    told = (next((w for w in words if w in line), "") for line in (*undo, "", *do))
    return [word for word in told if word]


def test_a_guest_s_frames_go_past_the_bridges_while_its_tap_and_the_nic_move() -> None:
    live, nic = "update-device vm-01 NIC.xml --live", f"set dev {NIC} master"
    back = ["nft", nic, live, "put every port", "nft"]
    assert shortcuts(host()) == [*back, "nft", live, nic, "nft"]
    (change,) = (c for c in planned().changes if isinstance(c, AdoptPorts))
    assert change.shortcut
    assert change.shortcut.guests == (("52:54:00:0a:0b:01", "vnet0"),)
    assert change.shortcut.local == (NIC_MAC, "52:54:00:0a:0b:01")
    rules = change.shortcut.ruleset.splitlines()
    to_guest = 'ether daddr 52:54:00:0a:0b:01 ether daddr @guests fwd to "vnet0"'
    assert f"        {to_guest}" in rules
    assert f'        ether saddr @guests ether daddr != @local fwd to "{NIC}"' in rules
    script = undo_script(planned(), change_id=fakes.CHANGE, title="by root", machine_id="0" * 32)
    line = f"open_shortcut {NIC} '{NIC_MAC} 52:54:00:0a:0b:01' 52:54:00:0a:0b:01\n"
    deeds = ("open_shortcut", "join_bridges", "plug vm-01 live", "take_ports", "close_shortcut")
    called = [word for ln in script.splitlines() for word in deeds if ln.startswith(word + " ")]
    assert list(dict.fromkeys(called)) == [*deeds[:-1]]
    assert script.rindex("\nclose_shortcut\n") > script.rindex("\ntake_ports ")
    assert script.rindex("\nclose_shortcut\n") < script.rindex("\ndrop_network ")
    assert line in script


def test_no_guest_goes_past_rules_that_look_at_its_frames_on_a_bridge() -> None:
    """Rules of libvirt for a NIC, and the host's own firewall where it looks at bridged frames."""
    filtered = XML.replace("</interface>", "<filterref filter='clean-traffic'/></interface>")
    assert "nft" not in shortcuts(host(taps=[{**TAP, "live_xml": filtered}]))
    looks = [{"name": "net.bridge.bridge-nf-call-ip6tables", "value": "1"}]
    looked_at = host(sysctl=[*fakes.standard()["sysctl"], *looks])
    assert "nft" not in shortcuts(looked_at)
    (found,) = (f for f in cleared(looked_at).findings if f.about == BR0)
    assert "up to 84 ms" in found.why


def test_a_tap_with_an_odd_name_takes_no_shortcut() -> None:
    """Who may name a tap is not to write a line of nft's."""
    odd = 'v";fwd'
    ports = links(fakes.link(odd, kind="tun", master=BR0))
    assert "nft" not in shortcuts(host(links=ports, taps=[{**TAP, "target": odd}]))


def test_the_stanza_keeps_the_bridge_without_address_and_ports() -> None:
    (edit,) = (c for c in planned().changes if isinstance(c, EditLines))
    assert edit.after.endswith("iface br0 inet manual\n    bridge_ports none\n")
    manual = (
        "auto br0\niface br0 inet manual\n    bridge-ports \\\n        enp4s0f0\n    up firewall\n"
    )
    with pytest.raises(Exception, match="up firewall"):
        planned(host(manual.replace("manual", "static")))


BOND = "auto bond0\niface bond0 inet {}\n    bond-slaves enp4s0f0 enp4s0f1\n    bond-mode 802.3ad\n"
ON_BOND = STANZA.replace(NIC, "bond0").replace("iface bond0 inet manual\n", "")


@pytest.mark.parametrize("order", [(BOND, ON_BOND), (ON_BOND, BOND)])
def test_a_bond_that_ifupdown_makes_anew_joins_the_bridge_by_its_own_stanza(
    order: tuple[str, str],
) -> None:
    """br0's stanza may be read before the bond is there."""
    seen = booted({"/etc/network/interfaces": "".join(order).format("manual")})
    plan = planned(seen, interface="bond0")
    (edit,) = (c for c in plan.changes if isinstance(c, EditLines))
    text = seen.rows(FileRow)[0].content
    (step,) = edit.do()
    assert isinstance(step, EditFile)
    after = step.applied_to(text.encode()).decode()
    stanzas = {s.name: s for s in parse("", after) if s.kind == "iface"}
    line = "[ ! -e /sys/class/net/virbr1 ] || /etc/libvirt/hooks/network.d/50-runbook-routed"
    assert dict(stanzas["bond0"].options)["post-up"].startswith(line)
    assert dict(stanzas["bond0"].options)["bond-slaves"] == "enp4s0f0 enp4s0f1"
    assert dict(stanzas[BR0].options) == {"bridge_ports": "none"}


def test_a_port_with_an_address_of_its_own_is_refused_with_its_line() -> None:
    own = BOND.format("static") + "    address 10.0.0.1/24\n"
    seen = booted({"/etc/network/interfaces": own + ON_BOND})
    with pytest.raises(Refused, match="interfaces:2: `iface bond0 inet static`"):
        planned(seen, interface="bond0")


def test_a_guest_is_defined_on_the_network_and_comes_back_as_it_was() -> None:
    (change,) = (c for c in planned().changes if isinstance(c, AdoptNic))
    plugs = [step for step in change.do() if isinstance(step, Plug)]
    back = [step for step in change.undo() if isinstance(step, Plug)]
    assert [(p.which, p.source) for p in plugs] == [("live", "routed"), ("config", "routed")]
    assert all('<source network="routed" />' in plug.xml for plug in plugs)
    assert all('<source bridge="br0" />' in plug.xml for plug in back)
    assert Restore(DEFINITION) in change.undo()
    off = {**TAP, "target": "", "live_xml": ""}
    (change,) = (c for c in planned(host(taps=[off])).changes if isinstance(c, AdoptNic))
    assert [step.which for step in change.do() if isinstance(step, Plug)] == ["config"]


@pytest.mark.parametrize(("port", "default", "kept"), [("1", "0", 1), ("0", "0", 0), ("1", "1", 0)])
def test_a_port_without_ipv6_has_none_after_a_boot_either(
    port: str, default: str, kept: int
) -> None:
    """Debian 11's bridge script switches it off at each boot, and nothing else does."""
    name = f"net.ipv6.conf.{NIC}.disable_ipv6"
    own = [{"name": name, "value": port}]
    usual = [{"name": "net.ipv6.conf.default.disable_ipv6", "value": default}]
    seen = host(sysctl=[*fakes.standard()["sysctl"], *own, *usual])
    plan = planned(seen)
    (file,) = (f for f in plan.of_host.files if f.path.startswith("/etc/sysctl.d/"))
    assert file.text.count(f"\n{name} = 1\n") == kept
    assert plan.of_host.sysctls.count((name, "1")) == kept
    after = wired(plan.of_host, after_plan.after(plan, seen))
    assert all(step.effect.kept for step in rehearse(plan.of_host, after))


def test_the_undo_looks_for_the_port_and_not_for_the_detour() -> None:
    script = undo_script(
        planned(), change_id=fakes.CHANGE, title="by root", machine_id=fakes.MACHINE
    )
    assert f"join_bridges virbr1 {BR0} {NIC_MAC}\n" in script
    assert f"is_port {NIC} {BR0}" in script
    assert f"172.16.0.0/17 {NIC}" not in script.partition("network_is_back()")[2]


def test_after_it_nothing_is_left_to_do_also_once_the_old_bridge_has_another_mac() -> None:
    plan = planned()
    assert plan.of_host.mac == NIC_MAC
    after = wired(plan.of_host, after_plan.after(plan, host()))
    assert all(step.effect.kept for step in rehearse(plan.of_host, after))
    ports = {row.ifname: row.master for row in after.rows(LinkRow)}
    assert (ports[NIC], ports["vnet0"]) == ("virbr1", "virbr1")
    assert {row.bridge for row in after.rows(BridgePortRow)} == {"virbr1"}
    rebooted = after.having(
        LinkRow,
        (
            row._replace(mac="00:00:00:00:00:00") if row.ifname == BR0 else row
            for row in after.rows(LinkRow)
        ),
    )
    assert make_promise(fakes.params(**asked()), rebooted).mac == NIC_MAC


def test_a_plan_is_read_back_as_it_was_written() -> None:
    plan = planned()
    assert plans.loads(serial.dumps(plan)) == plan


def test_guests_are_told_of_and_the_rest_is_fine() -> None:
    found = [f for f in cleared().findings if f.about == BR0]
    assert [f.level for f in found] == ["note"]
    assert "vnet0" in found[0].seen
    assert "nftables hands" in found[0].why


def six(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The IPv6 of another host, on br0."""
    own = {"addresses": [fakes.address(BR0, fakes.ADDRESS)], "routes": IPV4_ROUTES}
    moved = {
        name: [{**row, "ifname": BR0} for row in tables[name] if row["family"] == "inet6"]
        for name in own
    }
    sysctl = [
        {**row, "name": str(row["name"]).replace(NIC, BR0)} for row in tables.get("sysctl", [])
    ]
    return {**{n: [*own[n], *moved[n]] for n in own}, **({"sysctl": sysctl} if sysctl else {})}


@settings(max_examples=60)
@given(st.integers(0, 80), st.booleans(), st.sampled_from(["none", "static", "slaac"]))
def test_an_adoption_that_stopped_anywhere_is_undone_whole(
    most: int,
    own: bool,  # noqa: FBT001
    how: str,
) -> None:
    tables = {"none": {}, "static": six(fakes.static6()), "slaac": six(fakes.slaac())}
    seen = host(**tables[how])
    plan = planned(seen, **({"bridge_mac": "own"} if own else {}))
    model = modelled(seen, plan)
    assert model.armed
    before = model.armed.state()
    for numbered in plan.steps()[:most]:
        model.make(numbered.step)
    assert undone(model, plan) == before
    assert undone(model, plan) == before
