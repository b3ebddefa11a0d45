"""What a line does to an interface is told from its words, in each of their spellings."""

from __future__ import annotations

import pytest

from runbook.state.syntax.nic_commands import IFACE, asks_address, gives_address, takes

NIC = "enp4s0f0"


@pytest.mark.parametrize(
    "line",
    [
        f"/sbin/ip addr add 172.16.1.9/16 dev {NIC}",
        f"ExecStart=/bin/ip -4 address replace 172.16.1.9/16 brd + dev {NIC} label {NIC}:1",
        f'[ -n "$X" ] && ip a a 172.16.1.9/16 dev "{NIC}"',
        f"ip route add 172.16.0.0/16 dev {NIC}",
        f"ip r replace default via 172.16.0.1 dev {NIC} onlink",
        f"ifconfig {NIC}:0 172.16.1.9 netmask 255.255.0.0",
        f"/sbin/ifconfig {NIC} $ADDRESS up",
        f"ifconfig {NIC} inet6 add fd16::9/64",
        f"dhclient -v -4 -pf /run/x.pid {NIC}",
        f"udhcpc -i {NIC} -q",
        f"ip addr add 172.16.1.9/16 dev {NIC}; ip link set {NIC} up",
    ],
)
def test_a_line_that_gives_the_interface_an_address(line: str) -> None:
    assert gives_address(line, (NIC,))
    assert not gives_address(line.replace(NIC, "enp4s0f1"), (NIC,))
    assert not gives_address(line.replace(NIC, f"{NIC}.7"), (NIC,))
    assert gives_address(line.replace(NIC, "${IFACE}"), (IFACE,))


@pytest.mark.parametrize(
    "line",
    [
        f"ip addr show dev {NIC}",
        f"ip addr flush dev {NIC}",
        f"ip addr del 172.16.1.9/16 dev {NIC}",
        f"ip route add 10.0.0.0/8 via 172.16.0.7 dev {NIC}",
        f"ifconfig {NIC} 0.0.0.0 up",
        f"ifconfig {NIC} up",
        f"dhclient -r {NIC}",
        f"ethtool -K {NIC} tso off",
        f"ip link set {NIC} up",
        f"zip add {NIC}",
    ],
)
def test_a_line_that_gives_it_none(line: str) -> None:
    assert not gives_address(line, (NIC,))


@pytest.mark.parametrize(
    "line",
    [
        f"ip link set dev {NIC} master br0",
        f"ip link set {NIC} nomaster",
        f"ip l set {NIC} netns web",
        f"ip link set {NIC} name lan0",
        f"ip link add link {NIC} name mv0 type macvlan mode bridge",
        f"ip link add mv0 link {NIC} type ipvlan",
        f"brctl addif br0 {NIC}",
        f"brctl delif br0 {NIC}",
        f"ifenslave bond0 {NIC} enp4s0f1",
        f"ovs-vsctl --may-exist add-port br0 {NIC}",
        f"echo +{NIC} > /sys/class/net/bond0/bonding/slaves",
        f"MACVLAN={NIC}",
        f"lxc.net.0.link = {NIC}",
        f'"type": "macvlan", "master": "{NIC}"',
    ],
)
def test_a_line_that_takes_the_interface_for_something_else(line: str) -> None:
    assert takes(line, (NIC,))
    assert not takes(line.replace(NIC, "enp4s0f1"), (NIC,))


@pytest.mark.parametrize(
    "line",
    [
        f"ip link set {NIC} up",
        f"ip link set {NIC} mtu 9000",
        f"ip link add link {NIC} name {NIC}.7 type vlan id 7",
        f"brctl show {NIC}",
        f"interface {NIC}",
    ],
)
def test_a_line_that_leaves_it_where_it_is(line: str) -> None:
    assert not takes(line, (NIC,))


@pytest.mark.parametrize(
    "line",
    [
        f"ip -4 addr show dev {NIC} | grep -q inet",
        f"ip route show default dev {NIC}",
        f"ip r | grep -q default.*{NIC}",
        f"route -n | grep {NIC}",
        f"ping -c 3 -I {NIC} 172.16.0.1",
        f"ping -qI {NIC} 172.16.0.1",
        f"arping -c 1 -I {NIC} 172.16.0.1",
        f"curl -fs --interface {NIC} http://dns.example.net/",
    ],
)
def test_a_line_that_asks_what_it_has_or_reaches(line: str) -> None:
    assert asks_address(line, (NIC,))
    assert not asks_address(line.replace(NIC, "enp4s0f1"), (NIC,))


@pytest.mark.parametrize(
    "line",
    [
        f"ip link show {NIC}",
        f"ip route add 10.0.0.0/8 via 172.16.0.9 dev {NIC}",
        f"ip route del default dev {NIC}",
        f"ip route flush dev {NIC}",
        f"arping -c 3 -A -I {NIC} 172.16.1.1",
        "ping -I 172.16.1.1 172.16.0.1",
    ],
)
def test_a_line_that_asks_for_neither(line: str) -> None:
    assert not asks_address(line, (NIC,))
