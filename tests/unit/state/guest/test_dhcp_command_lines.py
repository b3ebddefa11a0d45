"""Which NIC a DHCP client inside a guest is for: another one's, or one of IPv6, is not its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import insides

from runbook.state.guest.dhcp_command_lines import serves

OF_DHCLIENT = "-pf /run/dhclient.{n}.pid -lf /var/lib/dhcp/dhclient.{n}.leases -I"
HELPERS = (
    "dhcpcd: [launcher]",
    "dhcpcd: [privileged proxy] {n} [ip4] [ip6]",
    "dhcpcd: [control proxy]",
    "dhcpcd: [network proxy] {n} [ip4]",
    "dhcpcd: [BPF ARP] {n} 192.0.2.7",
    "dhcpcd: [BOOTP proxy] 192.0.2.7",
)
# `{n}` is the interface that it is for.
FOR_ONE = (
    "dhclient {n}",
    f"/sbin/dhclient -4 -v -i {OF_DHCLIENT} -df /var/lib/dhcp/dhclient6.{{n}}.leases {{n}}",
    "dhclient -H eth0 -e IF=eth0 {n}",
    "dhcpcd: {n}",
    "dhcpcd: {n} [ip4]",
    "dhcpcd: {n} [ip4] [ip6]",
    "/sbin/dhcpcd -4 {n}",
    "dhcpcd -qb -h eth0 -C eth0 --metric 6 {n}",
    "/sbin/dhcpcd {n} -qheth0",
    "udhcpc -i {n}",
    "/sbin/udhcpc -b -R -p /run/udhcpc.eth0.pid -i {n} -x hostname:eth0 -h eth0",
    "udhcpc -bni{n}",
    "udhcpc --interface={n} -f",
    "udhcpc --interface {n}",
    "systemd-networkd {n}",
)
FOR_ALL = (
    "dhclient",
    "dhclient -4 -v -pf /run/eth0 -lf eth0",
    "dhcpcd",
    "/sbin/dhcpcd -q -w -h eth0",
    "dhcpcd: [manager] [ip4]",
    "dhcpcd: [master] [ip4] [ip6]",
)
FOR_IPV6 = (
    "dhclient -6 {n}",
    f"/sbin/dhclient -6 -v {OF_DHCLIENT} {{n}}",
    "dhclient -6",
    "dhcpcd: {n} [ip6]",
    "dhcpcd: [manager] [ip6]",
    "dhcpcd -6 {n}",
    "dhcpcd -qb6 {n}",
    "dhcpcd --ipv6only {n}",
)
# As the kernel lets an interface be called, but for what a shell would stumble on.
NAMES = st.from_regex(r"[a-z][a-z0-9._]{0,14}", fullmatch=True)


@given(line=st.sampled_from(FOR_ONE), name=NAMES, other=NAMES)
def test_one_that_names_a_nic_is_for_that_one_alone(line: str, name: str, other: str) -> None:
    assert serves(line.format(n=name), name)
    assert serves(line.format(n=name), other) == (name == other)


@given(
    line=st.sampled_from(FOR_ONE), name=NAMES, more=st.from_regex(r"[0-9.]{1,3}", fullmatch=True)
)
def test_a_name_that_another_begins_with_is_not_that_other(line: str, name: str, more: str) -> None:
    assert not serves(line.format(n=name + more), name)
    assert not serves(line.format(n=name), name + more)


@given(line=st.sampled_from(FOR_ALL), name=NAMES)
def test_one_that_names_none_is_for_all(line: str, name: str) -> None:
    assert serves(line, name)


@given(line=st.sampled_from((*FOR_IPV6, *HELPERS)), name=NAMES)
def test_one_of_ipv6_and_a_helper_are_none(line: str, name: str) -> None:
    assert not serves(line.format(n=name), name)


@given(line=st.text(max_size=30), name=NAMES)
def test_whatever_a_process_calls_itself_is_borne(line: str, name: str) -> None:
    assert serves(line, name) in (True, False)


def test_udhcpc_s_own_choice_is_eth0() -> None:
    assert serves("udhcpc -b", "eth0")
    assert not serves("udhcpc -b", "eth1")


def test_more_than_one_may_be_named() -> None:
    assert serves("dhclient eth0 eth1", "eth1")
    assert not serves("dhclient eth0 eth1", "eth2")


@pytest.mark.parametrize(
    ("clients", "lent"),
    [
        (("dhclient -4 eth0",), True),
        (("dhcpcd: [manager] [ip4]",), True),
        (("dhcpcd: eth1", "dhclient -6 eth0", "dhclient eth0.5", "udhcpc -i eth01"), False),
        (("dhcpcd: eth1", "udhcpc -i eth0"), True),
        ((), False),
    ],
)
def test_a_guest_s_nic_is_lent_its_address_by_its_own_client_only(
    clients: tuple[str, ...], *, lent: bool
) -> None:
    assert insides.seen(dhcp_clients=clients).lent is lent
