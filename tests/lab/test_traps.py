"""The traps of the procedure as it is written down: each is sprung by hand, and then avoided.

Traps 7 and 8 are IPv6's and forwarding's, in test_ipv6.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests import stages

from runbook.apply.confirm import Confirmed
from runbook.common.errors import Refused
from runbook.lab import lab as labs
from runbook.lab import machine, shell, wiring
from runbook.lab.names import ROUTER, SWITCH, address, host_name, mac, port
from runbook.lab.probe import OutageProbe
from runbook.params import Params, resolve
from runbook.preflight import Finding, RefusedByPreflight
from runbook.run import pipeline

# Two hosts: one is changed and stays so, on the other things go wrong.
HOST, CHANGED = host_name(1), host_name(2)
NIC, BRIDGE, GATEWAY = "enp4s0f0", "virbr1", "172.16.0.1"
# As the procedure has it: the host's own address on the bridge, STP on, no DHCP.
XML = f"""\
<network>
  <name>routed</name>
  <forward dev='{NIC}' mode='nat'/>
  <bridge name='{BRIDGE}' stp='on' delay='0'/>
  <ip address='{address(HOST)}' netmask='255.255.0.0'/>
</network>
"""
DEFINE = f"virsh net-define /dev/stdin <<'XML'\n{XML}XML\n"
BY_HAND = f"""\
ip address del {address(HOST)}/16 dev {NIC}
{DEFINE}virsh net-start routed
ip link set {NIC} master {BRIDGE}
ip route add default via {GATEWAY} dev {BRIDGE}
"""
# Says who is heard of 802.1D on the cable. Where another bridge spoke for the LAN before, it
# takes 20 s (max age) until this one does.
LISTEN = """
import socket, sys, time
heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
heard.bind((sys.argv[1], 0))
heard.settimeout(0.2)
end = time.monotonic() + 30
while time.monotonic() < end:
    try:
        frame = heard.recv(2048)
    except TimeoutError:
        continue
    if frame[:6] == bytes.fromhex("0180c2000000"):
        print(frame[6:12].hex(":"))
        break
"""
# A place on the bridge for somebody who is not the host: what a guest's tap is.
GUEST = f"""\
ip netns add guest
ip link add tap9 type veth peer name eth0 netns guest
ip link set tap9 master {BRIDGE} up
ip -n guest address add 172.16.9.9/16 dev eth0
ip -n guest link set eth0 up
"""


def params(host: str, **other: object) -> Params:
    given = {
        "interface": NIC,
        "address": f"{address(host)}/16",
        "gateway": GATEWAY,
        "consent": ["bpdu"],
        "probes": [GATEWAY, "10.99.0.2"],
    }
    return resolve({**given, **other}, {"host": host})


def change(host: str, **other: object) -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params(host, **other))), Confirmed)


def console(host: str, script: str) -> str:
    """What a script says, run at the host's console; it may fail."""
    done = machine.run(host, ["sh", "-c", script])
    return (done.stdout + done.stderr).decode()


def at_router(*argv: str) -> str:
    return shell.run("ip", "netns", "exec", ROUTER, *argv)


def router_holds(host: str) -> str:
    words = at_router("ip", "neigh", "show", address(host)).split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else ""


def mac_of(host: str, ifname: str) -> str:
    return console(host, f"cat /sys/class/net/{ifname}/address").strip()


def refused(host: str) -> tuple[Finding, ...]:
    session = pipeline.open_session(params(host))
    before = pipeline.read(session)
    with pytest.raises(Refused) as refusal:
        pipeline.preflight(session, stages.draft(session, before), before)
    assert isinstance(refusal.value, RefusedByPreflight)
    return tuple(f for f in refusal.value.findings if f.against)


@pytest.fixture
def changed(lab: labs.Lab) -> str:
    """A host after the change, with STP on and profile drop; the last test's if it still is so."""
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    if "RUNBOOK-IN" not in console(CHANGED, "iptables-save"):
        labs.renew(CHANGED)
        change(CHANGED, firewall="drop")
    return CHANGED


@pytest.fixture(scope="module", autouse=True)
def as_it_was(lab: labs.Lab) -> Iterator[None]:
    yield
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    labs.renew(CHANGED)


def test_trap_01_the_network_does_not_start_beside_the_address_on_the_nic(fresh_host: str) -> None:
    said = console(fresh_host, f"{DEFINE}virsh net-start routed")
    assert f"already in use by interface {NIC}" in said
    console(fresh_host, "virsh net-undefine routed")
    change(fresh_host)
    assert "yes" in console(fresh_host, "virsh net-info routed | grep Active")


def test_trap_02_a_port_that_comes_to_a_bridge_with_stp_listens_and_learns(changed: str) -> None:
    console(changed, "ip link add br9 type bridge stp_state 1; ip link set br9 up")
    said = console(changed, "ip link set br9 type bridge forward_delay 0")
    assert "out of range" in said
    listening = console(
        changed,
        "ip link add v9 type veth peer name w9; ip link set w9 up; ip link set v9 master br9 up\n"
        "sleep 0.2; cat /sys/class/net/v9/brport/state; ip link del br9; ip link del v9",
    )
    assert listening.strip() == "1"
    assert console(changed, f"cat /sys/class/net/{BRIDGE}/bridge/stp_state").strip() == "1"
    assert console(changed, f"cat /sys/class/net/{NIC}/brport/state").strip() == "3"


@pytest.mark.thorough
def test_trap_03_stp_speaks_to_the_switch_and_is_asked_about_first(
    changed: str, fresh_host: str
) -> None:
    heard = shell.run("ip", "netns", "exec", SWITCH, "python3", "-c", LISTEN, port(changed))
    assert heard.strip() == mac(changed)
    session = pipeline.open_session(params(fresh_host, consent=[]))
    before = pipeline.read(session)
    with pytest.raises(Refused, match="BPDU guard"):
        pipeline.preflight(session, stages.draft(session, before), before)


def test_trap_04_the_router_goes_on_sending_to_the_old_mac_until_it_is_told(
    fresh_host: str,
) -> None:
    assert OutageProbe(address(fresh_host), rate=10, seconds=1).result().lost == 0
    # Nobody announces anything, and the bridge has a MAC of its own.
    console(fresh_host, f"sysctl -qw net.ipv4.conf.all.arp_announce=0\n{BY_HAND}")
    assert router_holds(fresh_host) == mac(fresh_host)
    assert mac_of(fresh_host, BRIDGE) != mac(fresh_host)

    labs.renew(fresh_host)
    assert OutageProbe(address(fresh_host), rate=10, seconds=1).result().lost == 0
    change(fresh_host)
    assert router_holds(fresh_host) == mac_of(fresh_host, BRIDGE)
    console(fresh_host, "sh /var/lib/runbook/*/undo")
    assert router_holds(fresh_host) == mac(fresh_host)


def test_trap_05_neither_port_nor_route_outlives_a_restart_of_the_network(
    changed: str, fresh_host: str
) -> None:
    again = f"virsh net-destroy routed; virsh net-start routed; ip route; ip -br link show {NIC}"
    console(fresh_host, BY_HAND)
    assert f"default via {GATEWAY} dev {BRIDGE}" in console(fresh_host, "ip route")
    said = console(fresh_host, again)
    assert "default" not in said.split("started", 1)[1]
    assert "no" in console(fresh_host, "virsh net-info routed | grep Autostart").split()

    said = console(changed, again)
    assert f"default via {GATEWAY} dev {BRIDGE}" in said
    assert console(changed, f"readlink /sys/class/net/{NIC}/master").strip().endswith(BRIDGE)
    assert "yes" in console(changed, "virsh net-info routed | grep Autostart").split()
    assert OutageProbe(address(changed), rate=10, seconds=1).result().lost == 0


@pytest.mark.thorough
def test_trap_06_a_dhcp_client_brings_the_old_address_back(lab: labs.Lab) -> None:
    labs.up(1, lab.release, "dhcp", lambda _text: None)
    try:
        console(HOST, f"{BY_HAND}systemctl restart networking; sleep 1")
        assert address(HOST) in console(HOST, f"ip -4 address show dev {NIC}")

        labs.renew(HOST)
        change(HOST, consent=["bpdu", "dhcp-reservation"])
        console(HOST, "systemctl restart networking; sleep 1")
        assert console(HOST, f"ip -4 address show dev {NIC}").strip() == ""
        assert console(HOST, "pgrep -l 'dhclient|dhcpcd'").strip() == ""
        assert NIC not in console(HOST, "ls /var/lib/dhcp")
        assert OutageProbe(address(HOST), rate=10, seconds=1).result().lost == 0
    finally:
        labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


def test_trap_09_a_firewall_that_is_reloaded_takes_libvirt_s_rules_away(
    changed: str, fresh_host: str
) -> None:
    theirs = "iptables-save -t filter | grep -c LIBVIRT_"
    console(fresh_host, "virsh net-start default")
    assert int(console(fresh_host, theirs)) > 0
    console(fresh_host, "printf '*filter\\nCOMMIT\\n' | iptables-restore")
    assert int(console(fresh_host, theirs)) == 0
    # A profile is put beside them, and a boot's reload comes before libvirt.
    assert int(console(changed, theirs)) > 0
    assert "RUNBOOK-IN" in console(changed, "iptables-save")
    assert "LIBVIRT" not in console(changed, "cat /etc/iptables/rules.v4")


def test_trap_10_bridged_frames_cross_forward_and_arp_alone_gets_through(changed: str) -> None:
    ping = f"ip netns exec guest ping -c 1 -W 1 -q {GATEWAY} >/dev/null && echo answered"
    neighbour = "ip -n guest neigh show"
    assert console(changed, "cat /proc/sys/net/bridge/bridge-nf-call-iptables").strip() == "1"
    console(changed, GUEST)
    try:
        # With STP on, the guest's port listens and learns first.
        shell.wait_for("a port that forwards", lambda: "answered" in console(changed, ping), 10)
        own = f"RUNBOOK-FWD -i {BRIDGE} -o {BRIDGE} -j ACCEPT"
        console(changed, f"iptables -D {own}; iptables -F LIBVIRT_FWX; ip -n guest neigh flush all")
        assert "answered" not in console(changed, ping)
        assert "lladdr" in console(changed, neighbour)
        console(changed, f"iptables -A {own}")
        assert "answered" in console(changed, ping)
    finally:
        console(changed, "ip netns delete guest; systemctl restart libvirtd")


def test_trap_11_a_network_s_dnsmasq_serves_the_lan(changed: str, fresh_host: str) -> None:
    listening = "ss -Hlun 'sport = :53 or sport = :67'"
    console(fresh_host, "virsh net-start default; sleep 0.5")
    assert "192.168.122.1:53" in console(fresh_host, listening)
    assert ":67" in console(fresh_host, listening)
    assert console(changed, listening).strip() == ""


def test_trap_12_a_restart_of_networking_leaves_the_host_reachable(changed: str) -> None:
    console(changed, "systemctl restart networking")
    console(changed, f"ifdown {NIC}; ifup {NIC}")
    assert console(changed, f"cat /sys/class/net/{NIC}/brport/state").strip() in "123"
    # With STP on, a port that went down listens and learns for four seconds.
    answers = lambda: OutageProbe(address(changed), rate=10, seconds=1).result().lost == 0  # noqa: E731
    shell.wait_for("the host", answers, 10)
    assert f"default via {GATEWAY} dev {BRIDGE}" in console(changed, "ip route")


@pytest.mark.thorough
def test_trap_13_what_stands_in_the_way_is_seen_and_said(changed: str, fresh_host: str) -> None:
    # Another machine of the LAN holds the address.
    console(changed, f"ip address add {address(fresh_host)}/32 dev {BRIDGE}")
    try:
        (found,) = refused(fresh_host)
    finally:
        console(changed, f"ip address del {address(fresh_host)}/32 dev {BRIDGE}")
    assert mac_of(changed, BRIDGE) in found.seen

    console(fresh_host, f"ip route add default via {GATEWAY} dev {NIC} metric 500")
    assert [f for f in refused(fresh_host) if "metric 500" in f.seen]
    console(fresh_host, f"ip route del default via {GATEWAY} dev {NIC} metric 500")

    console(fresh_host, f"ip rule add iif {NIC} table 77 priority 99")
    assert [f for f in refused(fresh_host) if "99" in f.seen]
    console(fresh_host, "ip rule del priority 99")

    # A router that does not answer pings proves nothing, and stops nothing.
    at_router("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1")
    try:
        change(fresh_host)
    finally:
        at_router("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0")
        wiring.forget(fresh_host)
    assert f"default via {GATEWAY} dev {BRIDGE}" in console(fresh_host, "ip route")
