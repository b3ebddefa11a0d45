"""Lines of a stanza that only add what the host shows go out of it; every other one is named."""

from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC

from runbook.common.errors import Refused
from runbook.plan.changes.file_steps import EditFile
from runbook.plan.routed.interfaces import manual_stanza
from runbook.plan.routed.stanza_commands import is_carried, is_of_link
from runbook.state.snapshot import Snapshot

PATH = "/etc/network/interfaces"


def host(text: str = fakes.INTERFACES) -> Snapshot:
    return fakes.seen(
        **fakes.more(
            "addresses",
            fakes.address(NIC, "172.20.7.9/32"),
            fakes.address(NIC, "10.9.0.1/32", peer="10.9.0.2"),
            fakes.address(NIC, "172.16.1.9/16"),
            {**fakes.address(NIC, "fd16::9/64"), "family": "inet6"},
        ),
        **fakes.more(
            "routes",
            fakes.route("10.5.0.0/16", NIC, gateway="172.16.0.9", onlink=True),
            fakes.route("10.6.0.0/16", NIC, gateway="172.16.0.9", table=7),
            fakes.route("192.0.2.1/32", NIC, scope="link"),
            fakes.route("default", NIC, gateway="fe80::1") | {"family": "inet6"},
            fakes.route("fd16::1/128", NIC) | {"family": "inet6"},
        ),
        files=[fakes.file(PATH, text)],
    )


@pytest.mark.parametrize(
    "line",
    [
        f"up ip addr add 172.20.7.9/32 dev {NIC}",
        "  up   /sbin/ip -4 address add 172.20.7.9 dev $IFACE || true",
        f"post-up ip a add 10.9.0.1 peer 10.9.0.2/32 dev {NIC}",
        f"post-up ip addr add 172.16.1.9/16 brd + dev {NIC} label {NIC}:1",
        f"up ip -6 addr add fd16::9/64 dev {NIC} nodad",
        f"down ip addr del 172.20.7.9/32 dev {NIC}",
        "pre-down ip addr del 192.0.2.77/32 dev ${IFACE} || :",
        f"up ip route add 10.5.0.0/16 via 172.16.0.9 dev {NIC} onlink",
        "up ip r add 10.6.0.0/16 via 172.16.0.9 table 7",
        f"up ip route add 192.0.2.1 dev {NIC}",
        f"up ip route add default via {fakes.GATEWAY} dev {NIC}",
        f"post-down ip route del 10.5.0.0/16 via 172.16.0.9 dev {NIC}",
        "up route add -net 10.5.0.0 netmask 255.255.0.0 gw 172.16.0.9",
        f"up route add -host 192.0.2.1 dev {NIC}",
        f"up route add default gw {fakes.GATEWAY} dev $IFACE",
        "up ip -6 route add default via fe80::1 dev $IFACE",
        f"post-up /sbin/ip -f inet6 route add fd16:0::1 dev {NIC}",
        "post-down ip -6 route del default via fe80::1",
        f"up ifconfig {NIC}:1 172.20.7.9 netmask 255.255.255.255 broadcast 172.20.7.9 up",
        "post-up /sbin/ifconfig $IFACE:9 172.16.1.9 netmask 255.255.0.0",
        f"down ifconfig {NIC}:1 down",
    ],
)
def test_a_line_whose_effect_is_on_the_host_is_carried(line: str) -> None:
    assert is_carried(line, NIC, host())


@pytest.mark.parametrize(
    "line",
    [
        f"up ip addr add 172.20.7.99/32 dev {NIC}",
        "up ip route add 10.6.0.0/16 via 172.16.0.9 table \N{SUPERSCRIPT TWO}",
        f"up ip route add 10.6.0.0/16 via 172.16.0.9 table {'9' * 5000}",
        "up ip addr add 172.20.7.9/32 dev enp4s0f1",
        f"up ip addr add 172.20.7.9/24 dev {NIC}",
        f"up ip addr del 172.20.7.9/32 dev {NIC}",
        f"pre-up ip addr add 172.20.7.9/32 dev {NIC}",
        f"up ip addr add 172.20.7.9/32 dev {NIC} && touch /tmp/x",
        f"up ip addr add 172.20.7.9/32 dev {NIC} preferred_lft 0",
        "up ip route add 10.5.0.0/16 via 172.16.0.8",
        "up ip route add 10.6.0.0/16 via 172.16.0.9",
        "up ip route add 10.6.0.0/16 via 172.16.0.9 table office",
        "up ip -6 route add default via fe80::2",
        "up ip -f inet9 route add default via fe80::1",
        "up ip -o route add default via fe80::1",
        f"up ifconfig {NIC} 172.20.7.9 netmask 255.255.255.255",
        f"up ifconfig {NIC}:1 172.20.7.9",
        f"up ifconfig {NIC}:1 172.20.7.99 netmask 255.255.255.255",
        f"up ifconfig {NIC}:1 172.20.7.9 netmask 255.255.255.255 mtu",
        f"up ifconfig {NIC}:1 down",
        "up ifconfig",
        "up ip rule add from 172.20.7.9 table 7",
        f"up ip link set {NIC} mtu 9000",
        "up route add -net 10.5.0.0 netmask 255.255.255.0 gw 172.16.0.9",
        "up route add -net 10.5.0.0 netmask",
        "up route",
        "up ip",
        "up",
        "address 172.20.7.9/32",
        "",
    ],
)
def test_any_other_line_is_not(line: str) -> None:
    assert not is_carried(line, NIC, host())


@pytest.mark.parametrize(
    "line",
    [
        f"up ip link set dev {NIC} mtu 9000",
        "pre-up /sbin/ip link set $IFACE up promisc on txqueuelen 5000",
        "up ifconfig $IFACE 0.0.0.0 up",
        f"post-up /sbin/ethtool -K {NIC} tso off gso off || true",
        "up tc qdisc replace dev ${IFACE} root fq",
        "up logger -t net $IFACE is up",
    ],
)
def test_a_command_about_the_link_alone_stays(line: str) -> None:
    assert is_of_link(line, NIC)


@pytest.mark.parametrize(
    "line",
    [
        f"up ip link set dev {NIC} down",
        f"up ip link set dev {NIC} master br0",
        f"up ip link set {NIC} name lan0",
        f"up ip link set dev {NIC} up && ip addr add 172.16.1.9/16 dev {NIC}",
        f"up ip link set dev {NIC} mtu 9000; dhclient {NIC}",
        "up ip link set dev enp4s0f1 up",
        f"up ifconfig {NIC} 172.16.1.1 netmask 255.255.0.0 up",
        f"up ifconfig {NIC} mtu",
        "up ethtool -K enp4s0f1 tso off",
        "up ethtool -K $(cat /run/nic) tso off $IFACE",
        "up /usr/local/sbin/net-up $IFACE",
        f"mtu ip link set dev {NIC} up",
        "up",
    ],
)
def test_any_other_command_is_not_about_the_link_alone(line: str) -> None:
    assert not is_of_link(line, NIC)


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (f"up ifconfig {NIC} 172.16.1.1 netmask 255.255.0.0 up", "one of the stanza itself"),
        ("up dhclient -4 $IFACE", "one of the stanza itself"),
        ("up /usr/local/sbin/net-up $IFACE", "a unit that needs no address"),
        ("pre-up iptables-restore < /etc/firewall.rules", "a unit that needs no address"),
    ],
)
@pytest.mark.parametrize("method", ["inet manual", "inet6 manual"])
def test_a_command_of_a_manual_stanza_may_give_the_address_and_is_refused(
    command: str, advice: str, method: str
) -> None:
    own = fakes.INTERFACES if method.startswith("inet6") else ""
    text = f"{own}iface {NIC} {method}\n    {command}\n"
    with pytest.raises(Refused) as refused:
        list(manual_stanza(NIC, host(text)))
    assert command in refused.value.what
    assert advice in refused.value.then


@pytest.mark.parametrize(
    "text",
    [
        f"iface lan inet static\n    up firewall\niface {NIC} inet static inherits lan\n",
        f"{fakes.INTERFACES}iface enp4s0f1 inet static inherits {NIC}\n",
        f"iface lan inet static\niface {NIC} inherits lan\n",
    ],
)
def test_options_of_another_stanza_are_refused_by_file_and_line(text: str) -> None:
    with pytest.raises(Refused, match=r"inherits the options of") as refused:
        list(manual_stanza(NIC, host(text)))
    number = next(n for n, line in enumerate(text.split("\n"), start=1) if "inherits" in line)
    assert refused.value.what.startswith(f"{PATH}:{number}: ")


def edited(text: str) -> str:
    (edit,) = manual_stanza(NIC, host(text))
    (step,) = edit.do()
    assert isinstance(step, EditFile)
    return step.applied_to(text.encode()).decode()


def test_addresses_in_every_style_go_out_of_the_file_and_each_name_stays_known() -> None:
    text = f"""\
auto {NIC} {NIC}:1
iface {NIC} inet static
    address 172.16.1.1/16
    gateway 172.16.0.1
    up ip addr add 172.20.7.9/32 dev {NIC}
    down ip addr del 172.20.7.9/32 dev {NIC}
    mtu 1400

iface {NIC} inet static
    address 10.9.0.1/32

# the mail server
iface {NIC}:1 inet static
    address 172.16.1.9/16
"""
    assert (
        edited(text)
        == f"""\
auto {NIC} {NIC}:1
iface {NIC} inet manual
    mtu 1400


# the mail server
iface {NIC}:1 inet manual
"""
    )


def test_a_manual_stanza_that_adds_an_address_by_a_command_loses_the_command() -> None:
    up = f"    up ip addr add 172.16.1.9/16 dev {NIC}\n"
    stanza = f"iface {NIC} inet manual\n    up ethtool -K $IFACE gro off\n"
    assert edited(f"{stanza}{up}") == stanza


def test_an_address_that_the_files_give_and_the_host_does_not_hold_is_named_with_its_line() -> None:
    text = f"{fakes.INTERFACES}iface {NIC}:2 inet static\n    address 172.16.1.44/16\n"
    with pytest.raises(
        Refused, match=rf"{PATH}:5: `iface {NIC}:2 inet static` gives 172\.16\.1\.44"
    ) as refused:
        list(manual_stanza(NIC, host(text)))
    assert f"ifup {NIC}:2" in refused.value.then
