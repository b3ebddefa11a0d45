"""Debian's own programs that know the NIC by name: refused by name, or right after two boots."""

from __future__ import annotations

import pytest
from tests.lab.course import Service, install, play, with_consent
from tests.lab.test_files import console, params, refusal

from runbook.lab.names import address

# Two boots and five restarts, on a machine that does other work too.
pytestmark = pytest.mark.timeout(900)
NIC, BRIDGE = "enp4s0f0", "virbr1"
LAN = "ping -c 1 -W 1 172.16.0.1 >/dev/null"


@pytest.mark.thorough
def test_ufw_is_refused_with_its_own_command_and_right_once_that_was_typed(fresh_host: str) -> None:
    # They exclude each other.
    console(fresh_host, "dpkg --purge iptables-persistent netfilter-persistent")
    install(fresh_host, "ufw")
    console(fresh_host, f"ufw allow in on {NIC} to any port 22 proto tcp; ufw --force enable")
    said = refusal(fresh_host)
    command = f"ufw allow in on {BRIDGE} to any port 22 proto tcp"
    assert "/etc/ufw/user.rules line" in said
    assert command in said
    # ufw drops what is forwarded, and so what guests send across the bridge.
    assert "so FORWARD filters the IPv6 that guests send" in said
    console(fresh_host, f"{command}; ufw route allow in on {BRIDGE} out on {BRIDGE}")
    ports = "ufw status | grep -e '^Status: active' -e ^22/tcp"
    play(params(fresh_host), Service(f"{LAN}; {ports}", ("ufw",)))


def test_firewalld_is_refused_by_its_name_before_anything_is_touched(fresh_host: str) -> None:
    install(fresh_host, "firewalld")
    console(fresh_host, f"firewall-cmd --permanent --zone=public --change-interface={NIC}")
    console(fresh_host, "systemctl restart firewalld")
    said = refusal(fresh_host)
    assert "/etc/firewalld/zones/public.xml line" in said
    assert "firewalld's zone `libvirt`" in said
    assert f"inet filter names {NIC}" not in said


DNSMASQ = "interface={}\nbind-dynamic\nlisten-address=127.0.0.1\nport=5353\n"


@pytest.mark.thorough
def test_dnsmasq_for_the_nic_needs_a_consent_and_serves_the_bridge_once_it_is_named(
    fresh_host: str,
) -> None:
    install(fresh_host, "dnsmasq")
    one, both = DNSMASQ.format(NIC), DNSMASQ.format(f"{NIC}\ninterface={BRIDGE}")
    console(fresh_host, "cat >/etc/dnsmasq.d/lan.conf", one.encode())
    said = refusal(fresh_host)
    assert f"/etc/dnsmasq.d/lan.conf line 1: interface={NIC}; dnsmasq reads it" in said
    assert f"line 1: interface={BRIDGE}" in said
    console(fresh_host, "cat >/etc/dnsmasq.d/lan.conf; systemctl restart dnsmasq", both.encode())
    listens = f"ss -Hlun src {address(fresh_host)} | grep -o {address(fresh_host)}:5353"
    play(with_consent(fresh_host, "late-network"), Service(listens, ("dnsmasq",)))
