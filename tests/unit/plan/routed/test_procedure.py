from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, GATEWAY, IP, LAN, NIC, Row, seen

from runbook.common.errors import ParameterError, Refused
from runbook.plan.changes.bridge_ports import Cutover
from runbook.plan.changes.change import Change
from runbook.plan.changes.conntrack import HoldTracking, ReleaseTracking
from runbook.plan.changes.files import EditLines
from runbook.plan.changes.firewall import TwinRule
from runbook.plan.changes.leases import StopClient
from runbook.plan.changes.messages import FAR_END_S, Action, Address, LinkMaster, Route
from runbook.plan.changes.networks import CreateNetwork
from runbook.plan.changes.steps import Netlink, Sysctl
from runbook.plan.changes.sysctl import SetSysctl
from runbook.plan.forecast.boot import rehearse
from runbook.plan.plan import Plan
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.procedure import make_plan
from runbook.state.snapshot import Snapshot

C = TypeVar("C", bound=Change)
BEFORE = seen()


def made(asked: dict[str, object] | None = None, **tables: list[Row]) -> Plan:
    return make_plan(fakes.params(**(asked or {})), seen(**tables))


def of(kind: type[C], plan: Plan) -> list[C]:
    return [change for change in plan.changes if isinstance(change, kind)]


def cutover(plan: Plan) -> tuple[object, ...]:
    (step,) = (n.step for n in plan.steps("cutover"))
    assert isinstance(step, Netlink)
    return step.messages


def test_the_cutover_is_one_datagram_that_ends_with_the_address_gone() -> None:
    join, default, low, high, away = cutover(made())
    assert join == LinkMaster(NIC, BRIDGE)
    assert isinstance(default, Route)
    assert (default.dst, default.gateway, default.ifname) == ("default", GATEWAY, BRIDGE)
    assert default.action is Action.ENSURE
    halves = [low, high]
    assert all(isinstance(half, Route) and half.action is Action.DELETE for half in halves)
    assert {getattr(half, "dst", "") for half in halves} == {"172.16.0.0/17", "172.16.128.0/17"}
    assert isinstance(away, Address)
    assert (away.action, away.ifname, away.address) == (Action.DELETE, NIC, IP)


def test_files_come_first_and_nothing_of_the_network_is_touched_among_them() -> None:
    plan = made()
    first = [type(n.step).__name__ for n in plan.steps("prepare")]
    assert first[:9] == ["MakeDir", "WriteFile"] * 4 + ["EditFile"]
    assert "Netlink" not in first


def test_a_host_that_is_as_promised_has_nothing_to_do() -> None:
    asked = fakes.params()
    promise = make_promise(asked, seen())
    plan = make_plan(asked, fakes.as_promised(promise))
    assert plan.empty
    assert plan.unmet == ()
    assert plan.steps() == ()


@pytest.mark.parametrize(
    ("table", "rows", "said"),
    [
        ("networks", [], "active"),
        ("files", [], "absent"),
        ("sysctl", [], "net.ipv4.ip_forward"),
        ("bridge_ports", [], "forwarding"),
        ("routes", [fakes.connected(BRIDGE)], "default route"),
        (
            "leases",
            [{"client": "dhclient", "ifname": NIC, "lease_file": "/x", "pid": 7}],
            "dhclient",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" not in value else "",
)
def test_a_host_half_way_there_is_refused_with_what_is_missing(
    table: str, rows: list[Row], said: str
) -> None:
    asked = fakes.params()
    half = fakes.as_promised(make_promise(asked, seen()), **{table: rows})
    with pytest.raises(Refused) as refused:
        make_plan(asked, half)
    assert "is already on virbr1" in refused.value.what
    assert said in refused.value.what


def test_an_interface_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ParameterError) as wrong:
        made({"interface": "eth0"})
    assert wrong.value.field == "interface"
    assert "enp4s0f0, enp4s0f1" in wrong.value.then
    assert "lo" not in wrong.value.then.split()


def test_an_address_that_the_host_does_not_hold_is_answered_with_the_one_it_does() -> None:
    with pytest.raises(ParameterError) as wrong:
        made({"address": "172.16.1.9/16"})
    assert wrong.value.field == "address"
    assert "172.16.1.1/16" in wrong.value.problem


def test_an_address_that_is_on_a_bridge_needs_no_change_for_guests_to_sit_there() -> None:
    links = [fakes.link(NIC, master="br0"), fakes.link("br0", kind="bridge")]
    with pytest.raises(ParameterError) as wrong:
        made(links=links, addresses=[fakes.address("br0", fakes.ADDRESS)])
    assert "on the bridge br0" in wrong.value.problem
    assert "nothing has to move" in wrong.value.then
    assert "attach: true, bridge: br0" in wrong.value.then


def test_the_command_that_makes_the_routes_odd_is_named_before_the_routes_are() -> None:
    up = f"up ip route replace {LAN} via 172.16.0.1 dev {NIC} initcwnd 9"
    text = f"{fakes.INTERFACES}    {up}\n"
    odd = fakes.route(LAN, NIC, gateway="172.16.0.1")
    with pytest.raises(Refused, match=re.escape(up)):
        made(
            routes=[fakes.default(NIC), odd],
            files=[fakes.file("/etc/network/interfaces", text)],
        )
    with pytest.raises(Refused, match=f"there is {LAN} via 172.16.0.1") as refused:
        made(routes=[fakes.default(NIC), odd])
    assert f"ip route replace {LAN} dev {NIC} src 172.16.1.1" in refused.value.then


def test_a_second_route_to_the_lan_by_the_router_is_named() -> None:
    beside = fakes.route(LAN, NIC, gateway="172.16.0.1")
    with pytest.raises(Refused, match=f"second route to {LAN} on {NIC}") as refused:
        made(routes=[fakes.default(NIC), fakes.connected(NIC), beside])
    assert f"ip route del {LAN} via 172.16.0.1 dev {NIC}" in refused.value.then
    assert "pointopoint" in refused.value.then


def test_an_address_of_another_length_is_not_the_host_s_address() -> None:
    with pytest.raises(ParameterError, match=re.escape("172.16.1.1/16")):
        made({"address": "172.16.1.1/24", "gateway": "172.16.1.254"})


@pytest.mark.parametrize("count", [0, 2])
def test_without_exactly_one_connected_route_nothing_is_planned(count: int) -> None:
    doubles = [{**fakes.connected(NIC), "metric": number} for number in range(count)]
    with pytest.raises(Refused, match=f"has {count} routes to {LAN}"):
        made(routes=[fakes.default(NIC), *doubles])


def test_a_route_of_its_own_moves_with_all_it_says() -> None:
    extra = fakes.route(
        "10.20.0.0/16", NIC, gateway="172.16.0.9", metric=50, onlink=True, table=7, mtu=1400
    )
    plan = made(routes=[fakes.default(NIC), fakes.connected(NIC), extra])
    (moved,) = (m for m in cutover(plan) if isinstance(m, Route) and m.dst == "10.20.0.0/16")
    assert moved.ifname == BRIDGE
    assert (moved.gateway, moved.metric, moved.table) == ("172.16.0.9", 50, 7)
    assert (moved.onlink, moved.mtu) == (True, 1400)
    assert moved.action is Action.ENSURE


@given(st.integers(0, 2**31))
def test_a_default_route_keeps_its_metric_now_and_at_every_start_and_is_promised_so(
    metric: int,
) -> None:
    plan = made(routes=[fakes.default(NIC, metric=metric), fakes.connected(NIC)])
    # One message: the kernel takes a route of the same metric for the same route.
    (mine,) = (m for m in cutover(plan) if isinstance(m, Route) and m.dst == "default")
    assert (mine.action, mine.ifname, mine.metric) == (Action.ENSURE, BRIDGE, metric)
    hook, *_ = plan.of_host.files
    assert " ".join(mine.words()) in hook.text
    (check,) = (c for c in plan.promise.checks(seen()) if c.about == "default route")
    shown = f" metric {metric}" if metric else ""
    assert check.promised == f"via {GATEWAY} dev {BRIDGE}{shown}"


def test_a_host_that_is_as_promised_with_a_metric_and_a_large_mtu_has_nothing_to_do() -> None:
    nic = [fakes.link(NIC, mac=fakes.NIC_MAC, mtu=9000)]
    before = seen(links=nic, routes=[fakes.default(NIC, metric=100), fakes.connected(NIC)])
    asked = fakes.params()
    assert make_plan(asked, fakes.as_promised(make_promise(asked, before))).empty


@pytest.mark.parametrize(
    ("nic", "kind"), [("bond0", "bond"), ("enp4s0f0.10", "vlan"), ("vlan10", "vlan")]
)
def test_a_port_that_ifupdown_makes_is_waited_for_and_joins_again(nic: str, kind: str) -> None:
    text = fakes.INTERFACES.replace(NIC, nic)
    link = fakes.link(nic, mac=fakes.NIC_MAC, kind=kind, bond_mode="802.3ad" * (kind == "bond"))
    plan = make_plan(
        fakes.params(interface=nic),
        seen(
            links=[fakes.link("lo"), link],
            addresses=[fakes.address(nic, fakes.ADDRESS)],
            routes=[fakes.default(nic), fakes.connected(nic)],
            files=[fakes.file("/etc/network/interfaces", text)],
        ),
    )
    hook, *_ = plan.of_host.files
    assert f"if [ -e /sys/class/net/{nic} ]" in hook.text
    effects = {s.effect.about: s.effect for s in rehearse(plan.of_host, seen(links=[link]))}
    assert not effects[f"ifup {nic}"].kept
    assert "`auto " in effects[f"ifup {nic}"].then
    (edit,) = of(EditLines, plan)
    assert f"    post-up [ ! -e /sys/class/net/{BRIDGE} ] || {hook.path} routed" in edit.after


def test_a_physical_nic_is_neither_waited_for_nor_joins_by_ifupdown() -> None:
    plan = made()
    assert "if [ -e /sys/class/net/" not in plan.of_host.files[0].text
    assert not [edit for edit in of(EditLines, plan) if "post-up" in edit.after]


def test_a_second_choice_of_another_interface_does_not_break_the_promise() -> None:
    asked = fakes.params()
    promise = make_promise(asked, seen())
    second = fakes.route("default", "enp4s0f1", gateway="10.0.0.1", metric=500)
    routes = [fakes.default(BRIDGE), fakes.connected(BRIDGE)]
    assert make_plan(asked, fakes.as_promised(promise, routes=[*routes, second])).empty


@pytest.mark.parametrize(
    "other",
    [
        fakes.route("default", "enp4s0f1", gateway="10.0.0.1"),
        fakes.default(BRIDGE, metric=500),
    ],
    ids=["as good", "twice by the bridge"],
)
def test_a_default_route_that_is_not_the_promised_one_breaks_it(other: Row) -> None:
    promise = make_promise(fakes.params(), seen())
    routes = [fakes.default(BRIDGE), fakes.connected(BRIDGE), other]
    checks = promise.checks(fakes.as_promised(promise, routes=routes))
    assert [c.about for c in checks if not c.kept] == ["default route"]


@pytest.mark.parametrize("mtu", [1400, 9000])
def test_the_bridge_gets_the_mtu_of_the_nic_and_is_promised_it(mtu: int) -> None:
    plan = made(links=[fakes.link(NIC, mac=fakes.NIC_MAC, mtu=mtu)])
    (network,) = of(CreateNetwork, plan)
    assert f'<mtu size="{mtu}" />' in network.xml
    hook, *_ = plan.of_host.files
    assert f"ip link set dev {NIC} mtu {mtu}\n" in hook.text
    small = fakes.link(BRIDGE, kind="bridge", mac=plan.of_host.mac, mtu=1300, stp=1)
    nic = fakes.link(NIC, mac=fakes.NIC_MAC, mtu=mtu, master=BRIDGE)
    checks = plan.of_host.checks(fakes.as_promised(plan.of_host, links=[nic, small]))
    assert [(c.about, c.promised) for c in checks if not c.kept] == [(f"{BRIDGE} MTU", str(mtu))]


def test_the_usual_mtu_is_left_to_libvirt_and_the_kernel() -> None:
    (network,) = of(CreateNetwork, made())
    assert "mtu" not in network.xml


def test_the_way_back_of_the_routes_is_what_was_there() -> None:
    plan = made(routes=[fakes.default(NIC, metric=100, onlink=True), fakes.connected(NIC)])
    (change,) = of(Cutover, plan)
    (back,) = (step for step in change.undo() if isinstance(step, Netlink))
    routes = [m for m in back.messages if isinstance(m, Route)]
    assert [(m.action, m.dst, m.ifname, m.metric, m.onlink) for m in routes] == [
        (Action.ENSURE, LAN, NIC, 0, False),
        (Action.ENSURE, "default", NIC, 100, True),
        (Action.DELETE, LAN, BRIDGE, 0, False),
    ]
    # From the moment on which the NIC leaves the bridge, nothing may lead into the bridge.
    leaves = back.messages.index(LinkMaster(NIC, ""))
    assert not [m for m in back.messages[leaves:] if isinstance(m, Route)]


def test_no_route_of_another_interface_is_touched() -> None:
    other = fakes.route("10.9.0.0/16", "enp4s0f1")
    plan = made(routes=[fakes.default(NIC), fakes.connected(NIC), other])
    assert "10.9.0.0/16" not in str(plan.rows())


def test_each_rule_that_admits_the_operator_gets_a_twin_right_below_it() -> None:
    rules = [
        fakes.rule(f"-A INPUT -i {NIC} -p tcp -m tcp --dport 22 -j ACCEPT", 1),
        fakes.rule("-A INPUT -i lo -j ACCEPT", 2),
        fakes.rule(f"-A INPUT -i {NIC} -j DROP", 3),
    ]
    twins = of(TwinRule, made(firewall=rules))
    # From the bottom up, or the first insertion would shift the second.
    assert [(t.position, t.twin) for t in twins] == [
        (3, f"-A INPUT -i {BRIDGE} -j DROP"),
        (1, f"-A INPUT -i {BRIDGE} -p tcp -m tcp --dport 22 -j ACCEPT"),
    ]


DHCLIENT = {
    "client": "dhclient",
    "pid": 812,
    "ifname": NIC,
    "argv": f"/sbin/dhclient -4 -v {NIC}",
    "lease_file": f"/var/lib/dhcp/dhclient.{NIC}.leases",
    "address": IP,
}


def test_a_host_of_a_dhcp_server_loses_its_client_and_keeps_its_address() -> None:
    stanza = fakes.file("/etc/network/interfaces", f"iface {NIC} inet dhcp\n    hostname a\n")
    lent = fakes.address(NIC, fakes.ADDRESS, valid_lft_s=3600, preferred_lft_s=1800, flags="")
    plan = made(leases=[DHCLIENT], files=[stanza], addresses=[lent])
    (stopped,) = of(StopClient, plan)
    assert (stopped.pids, stopped.ifname) == ((812,), NIC)
    assert stopped.start == ("dhclient", "-v", "-4", NIC)
    (edited,) = of(EditLines, plan)
    assert edited.edits[0].text == f"iface {NIC} inet manual\n"
    (moved,) = of(Cutover, plan)
    # Back on the NIC it has an end, and the client gives it that of its lease.
    (returned,) = (step for step in moved.undo() if isinstance(step, Netlink))
    back = returned.messages[0]
    assert isinstance(back, Address)
    assert (back.ifname, back.valid_lft_s, back.preferred_lft_s) == (NIC, FAR_END_S, FAR_END_S)


def test_a_client_of_another_interface_is_left_alone() -> None:
    assert of(StopClient, made(leases=[{**DHCLIENT, "ifname": "enp4s0f1"}])) == []


def test_the_network_is_the_bridge_with_the_host_s_address() -> None:
    plan = made()
    (network,) = of(CreateNetwork, plan)
    root = fromstring(network.xml)  # noqa: S314 - made here
    bridge, ip, mac = root.find("bridge"), root.find("ip"), root.find("mac")
    assert bridge is not None
    assert (bridge.get("name"), bridge.get("stp")) == (BRIDGE, "on")
    assert ip is not None
    assert (ip.get("address"), ip.get("netmask")) == (IP, "255.255.0.0")
    assert mac is not None
    assert mac.get("address") == plan.of_host.mac
    assert root.find("ip/dhcp") is None


machines = st.text("0123456789abcdef", min_size=32, max_size=32)


def mac(machine: str, network: str) -> str:
    owner = replace(BEFORE, identity=replace(BEFORE.identity, machine_id=machine))
    return make_promise(fakes.params(network=network), owner).mac


@settings(deadline=None)
@given(machines, machines)
def test_the_mac_is_one_that_libvirt_may_use_and_differs_between_hosts(one: str, two: str) -> None:
    assert re.fullmatch("52:54:00(:[0-9a-f]{2}){3}", mac(one, "routed"))
    assert mac(one, "routed") == mac(one, "routed")
    assert (mac(one, "routed") == mac(two, "routed")) == (one == two)
    assert mac(one, "routed") != mac(one, "other")


def test_only_the_switches_that_are_off_are_written_and_what_they_shake_is_put_back() -> None:
    values = {"net.ipv4.ip_forward": "0", f"net.ipv4.conf.{NIC}.forwarding": "0"}
    there = {**values, "net.ipv6.conf.all.forwarding": "1"}
    plan = made(sysctl=[{"name": name, "value": value} for name, value in there.items()])
    (switch,) = of(SetSysctl, plan)
    assert (switch.name, switch.value) == ("net.ipv4.ip_forward", "1")
    assert switch.shaken == ((f"net.ipv4.conf.{NIC}.forwarding", "0"),)


def test_the_switch_of_ipv6_knows_every_bond_that_uses_one_nic_at_a_time() -> None:
    modes = {"bond0": "802.3ad", "bond1": "active-backup", "bond2": "active-backup"}
    bonds = [fakes.link(name, kind="bond", bond_mode=mode) for name, mode in modes.items()]
    switches = of(SetSysctl, made(None, **fakes.more("links", *bonds)))
    assert {switch.name: switch.bonds for switch in switches} == {
        "net.ipv4.ip_forward": (),
        "net.ipv6.conf.all.forwarding": ("bond1", "bond2"),
    }


@pytest.mark.parametrize("value", ["0", "1"])
def test_connection_tracking_is_held_and_goes_back_to_what_it_was(value: str) -> None:
    loose = {"name": "net.netfilter.nf_conntrack_tcp_loose", "value": value}
    plan = made(sysctl=[loose])
    (held,), (released,) = of(HoldTracking, plan), of(ReleaseTracking, plan)
    assert held.value_before == released.value_before == value
    assert held.loaded


@pytest.mark.parametrize(
    ("chains", "left"),
    [([], ("iptables", "ip6tables")), (["inet"], ("ip6tables",)), (["inet", "inet6"], ())],
)
def test_chains_of_libvirt_are_taken_away_only_where_there_were_none(
    chains: list[str], left: tuple[str, ...]
) -> None:
    rows = [fakes.rule("-N LIBVIRT_INP", 0, family=family) for family in chains]
    (network,) = of(CreateNetwork, made(firewall=rows))
    assert network.chains_of == left


def test_what_is_set_on_the_bridge_is_promised_and_set_again_by_file_and_hook() -> None:
    plan = made()
    hook, file, *_ = plan.of_host.files
    for word, value in (("arp_announce", "2"), ("arp_notify", "1")):
        name = f"net.ipv4.conf.{BRIDGE}.{word}"
        assert (name, value) in plan.of_host.sysctls
        assert f"{name} = {value}\n" in file.text
        assert f"sysctl -q -w {name}={value}\n" in hook.text
        assert [n.step for n in plan.steps("network") if n.step == Sysctl(name, value)]
    assert "proxy_arp" not in file.text + hook.text


def test_a_bridge_that_takes_the_nic_s_mac_is_promised_made_and_seen_with_it() -> None:
    plan = made({"bridge_mac": "nic"})
    (network,) = of(CreateNetwork, plan)
    assert f'<mac address="{fakes.NIC_MAC}" />' in network.xml
    assert f"ip link set dev {BRIDGE} address {fakes.NIC_MAC}\n" in plan.of_host.files[0].text
    after = fakes.as_promised(plan.of_host)
    assert all(check.kept for check in plan.promise.checks(after))
    assert make_plan(fakes.params(bridge_mac="nic"), after).empty


def test_no_file_of_another_s_hooks_is_in_any_step() -> None:
    theirs = [
        fakes.file("/etc/libvirt/hooks/network", "#!/bin/sh\n"),
        fakes.file("/etc/libvirt/hooks/network.d/10-theirs", "#!/bin/sh\n"),
    ]
    plan = made(files=[*fakes.standard()["files"], *theirs])
    steps = [n.step for n in plan.steps()] + [step for _, step in plan.undo_steps()]
    touched = {getattr(step, "path", "") for step in steps}
    assert not touched & {row["path"] for row in theirs}


def test_an_old_libvirt_gets_its_one_hook_which_stays_the_hook_after_an_upgrade() -> None:
    old, new = (with_libvirt(fakes.seen(), version) for version in (5_000_000, 7_000_000))
    plan = make_plan(fakes.params(), old)
    hook, *_ = plan.of_host.files
    assert hook.path == "/etc/libvirt/hooks/network"
    assert f"ConditionPathExists={hook.path}\n" in plan.of_host.files[2].text
    assert hook.path in {getattr(n.step, "path", "") for n in plan.steps("network")}
    for version in (5_000_000, 7_000_000):
        after = with_libvirt(fakes.as_promised(plan.of_host), version)
        assert make_plan(fakes.params(), after).empty, version
    assert make_plan(fakes.params(), new).of_host.files[0].path != hook.path


def with_libvirt(snapshot: Snapshot, version: int) -> Snapshot:
    return replace(snapshot, identity=replace(snapshot.identity, libvirt_version=version))


def test_parameters_of_the_nic_s_own_follow_to_the_bridge() -> None:
    own = {"proxy_arp": "1", "rp_filter": "2", "accept_redirects": "0", "arp_ignore": "1"}
    same = {"send_redirects": "1"}
    defaults = {"proxy_arp": "0", "rp_filter": "0", "accept_redirects": "1", "arp_ignore": "0"}
    rows = [
        {"name": f"net.ipv4.conf.{where}.{word}", "value": value}
        for where, values in ((NIC, own | same), ("default", defaults | same))
        for word, value in values.items()
    ]
    plan = made(sysctl=rows)
    hook, file, *_ = plan.of_host.files
    for word, value in own.items():
        name = f"net.ipv4.conf.{BRIDGE}.{word}"
        assert (name, value) in plan.of_host.sysctls
        assert f"{name} = {value}\n" in file.text
        assert f"sysctl -q -w {name}={value}\n" in hook.text
        assert [n.step for n in plan.steps("network") if n.step == Sysctl(name, value)]
    assert "send_redirects" not in file.text + hook.text


def test_all_that_keeps_a_plan_from_being_drawn_is_said_at_once() -> None:
    stanza = f"iface {NIC} inet static\n    address 172.16.1.1/16\n    up /usr/local/sbin/mark\n"
    host = fakes.seen(
        files=[fakes.file("/etc/network/interfaces", stanza)],
        leases=[fakes.lease(client="udhcpc", argv="udhcpc", lease_file="")],
    )
    with pytest.raises(Refused) as refused:
        make_plan(fakes.params(), host)
    for said in ("2 things", "/usr/local/sbin/mark", "udhcpc runs (process 812)", "iface"):
        assert said in refused.value.what
