"""A guest with an address without a subnet, whose gateway is off its link."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface

import pytest
from tests.unit.guest.configure.test_edit import LINK, NETPLAN, PLAN, UNIT
from tests.unit.insides import WANTED, seen

from runbook.guest.configure.by_hand import by_hand
from runbook.guest.configure.edit import edit
from runbook.guest.configure.guest_edit import Declined, GuestEdit
from runbook.state.guest.inside import Inside
from runbook.state.syntax import netplan

OFF = replace(WANTED, address=IPv4Interface("172.20.7.10/32"), gateway="172.16.1.254")
# As a hoster tells its customers to write it.
AS_TOLD = """\
auto eth0
iface eth0 inet static
  address 172.20.7.10/32
  post-up ip route add 172.16.1.254 dev eth0
  post-up ip route add default via 172.16.1.254 dev eth0
"""


def made(inside: Inside) -> GuestEdit:
    found = edit(inside, OFF)
    assert isinstance(found, GuestEdit), found
    return found


def after(inside: Inside) -> str:
    (file,) = made(inside).files
    return file.after.decode()


def test_ifupdown_gets_the_gateway_as_the_far_end_of_the_address() -> None:
    text = after(seen())
    for line in (
        *("address 172.20.7.10", "netmask 255.255.255.255", "gateway 172.16.1.254"),
        "pointopoint 172.16.1.254",
    ):
        assert f"    {line}\n" in text
    assert made(seen(text)).files == ()


def test_a_gateway_on_the_link_gets_no_far_end() -> None:
    found = edit(seen(), WANTED)
    assert isinstance(found, GuestEdit)
    assert b"pointopoint" not in found.files[0].after


def test_a_guest_that_is_as_its_hoster_told_has_nothing_to_change() -> None:
    assert made(seen(AS_TOLD)).files == ()


@pytest.mark.parametrize(
    "line",
    [
        "up ip route add default via 172.16.1.254",
        "up /sbin/ip -4 r replace default via 172.16.1.254 dev eth0 onlink",
        "down ip route del 172.16.1.254/32 dev $IFACE || true",
        "pre-down ip route delete 0.0.0.0/0 via 172.16.1.254 dev eth0",
    ],
)
def test_lines_about_the_gateway_s_own_routes_go_with_the_old_address(line: str) -> None:
    text = AS_TOLD.replace("172.20.7.10", "172.20.7.9") + f"  {line}\n  mtu 1400\n"
    changed = after(seen(text))
    assert "ip route" not in changed
    assert line not in changed
    assert "  mtu 1400\n" in changed
    assert "pointopoint 172.16.1.254" in changed


@pytest.mark.parametrize(
    "text",
    [
        AS_TOLD.replace("  post-up ip route add 172.16.1.254 dev eth0\n", ""),
        AS_TOLD.replace("default via 172.16.1.254 dev", "default via 172.16.1.253 dev"),
        AS_TOLD + "  up ip route add 10.0.0.0/8 via 172.16.1.254\n",
        AS_TOLD + "  up ip route add default via 172.16.1.254 dev eth0; reboot\n",
    ],
)
def test_other_commands_are_not_taken_for_those_routes(text: str) -> None:
    found = edit(seen(text), OFF)
    assert isinstance(found, Declined) or found.files


def test_netplan_is_told_that_the_gateway_is_on_the_link() -> None:
    inside = seen(PLAN, NETPLAN, managers=("netplan",))
    text = after(inside)
    lan = netplan.loads(text.encode())["network"]["ethernets"]["lan"]
    assert lan["addresses"] == ["172.20.7.10/32"]
    assert lan["routes"] == [{"to": "0.0.0.0/0", "via": "172.16.1.254", "on-link": "true"}]
    assert made(seen(text, NETPLAN, managers=("netplan",))).files == ()


def test_networkd_gets_a_section_for_the_route_and_keeps_it() -> None:
    def linked(content: str) -> Inside:
        return seen(content, LINK, managers=("systemd-networkd",), owned_by=LINK)

    text = after(linked(UNIT))
    assert "Address=172.20.7.10/32\n" in text
    assert text.endswith("\n[Route]\nGateway=172.16.1.254\nGatewayOnLink=yes\n")
    assert text.count("Gateway=") == 1
    assert made(linked(text)).files == ()
    other = replace(OFF, gateway="172.16.1.253")
    assert isinstance(edit(linked(text), other), Declined)


def test_a_person_is_told_the_same() -> None:
    text = by_hand(OFF, ())
    assert "pointopoint 172.16.1.254" in text
    assert "GatewayOnLink=yes" in text
    assert "on-link: true" in text
    assert "pointopoint" not in by_hand(WANTED, ())
