"""Hosts whose own scripts load firewall rules for the NIC's name at a boot.

Each is refused with file and line before anything is touched. Once its script has the bridge too,
it keeps its rules and can be reached through the change, two boots, restarts and the undo.
"""

from __future__ import annotations

import re

import pytest
from tests.lab.course import Service, play
from tests.lab.test_files import console, params, refusal

from runbook.apply.confirm import Confirmed
from runbook.run import pipeline

# Two boots and five restarts, on a machine that does other work too.
pytestmark = pytest.mark.timeout(900)
NIC, BRIDGE = "enp4s0f0", "virbr1"
SCRIPT, UNIT = "/usr/local/sbin/firewall", "/etc/systemd/system/firewall.service"
IF_PRE_UP, QEMU = "/etc/network/if-pre-up.d/firewall", "/etc/libvirt/hooks/qemu"
START = """\
iptables -F INPUT
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
"""
BY_VARIABLE = f"""\
#!/bin/sh
{START}for EXT in {NIC}; do
    iptables -A INPUT -i $EXT -p tcp --dport 22 -j ACCEPT
    iptables -A INPUT -i $EXT -p icmp -j ACCEPT
done
iptables -P INPUT DROP
"""
BY_CONDITION = f"""\
#!/bin/sh
[ "$IFACE" = {NIC} ] || exit 0
{START}iptables -A INPUT -i {NIC} -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -i {NIC} -p icmp -j ACCEPT
iptables -P INPUT DROP
"""
SERVICE = f"""\
[Unit]
After=network.target libvirtd.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={SCRIPT}
[Install]
WantedBy=multi-user.target
"""


def put(host: str, path: str, text: str, mode: str = "755") -> None:
    console(host, f"cat >{path}; chmod {mode} {path}", text.encode())


def twice(text: str) -> str:
    """The script with each line for the NIC a second time for the bridge, but for conditions."""
    lines = text.splitlines(keepends=True)
    of_nic = [f" -i {NIC} " in line for line in lines]
    pairs = zip(lines, of_nic, strict=True)
    return "".join(line + line.replace(NIC, BRIDGE) if own else line for line, own in pairs)


FILTERED = f"iptables -S INPUT | grep -e '-P INPUT DROP' -e {NIC}"


@pytest.mark.thorough
def test_a_unit_s_own_script_is_refused_and_once_it_is_mended_the_host_outlives_a_boot(
    fresh_host: str,
) -> None:
    put(fresh_host, SCRIPT, BY_VARIABLE)
    put(fresh_host, UNIT, SERVICE, "644")
    console(fresh_host, "systemctl enable --now firewall")
    said = refusal(fresh_host)
    assert f"{SCRIPT} line 5: for EXT in {NIC}; do" in said
    assert UNIT in said
    put(fresh_host, SCRIPT, BY_VARIABLE.replace(NIC, f"{NIC} {BRIDGE}"))
    console(fresh_host, SCRIPT)
    play(params(fresh_host), Service(FILTERED, ("firewall",)))


@pytest.mark.thorough
def test_a_script_of_ifupdown_is_refused_and_once_it_is_mended_the_host_outlives_a_boot(
    fresh_host: str,
) -> None:
    put(fresh_host, IF_PRE_UP, BY_CONDITION)
    console(fresh_host, f"IFACE={NIC} {IF_PRE_UP}")
    said = refusal(fresh_host)
    rule = f"iptables -A INPUT -i {NIC} -p tcp --dport 22 -j ACCEPT"
    assert f"{IF_PRE_UP} line 6: {rule}" in said
    assert f"below line 6: {rule.replace(NIC, BRIDGE)}" in said
    put(fresh_host, IF_PRE_UP, twice(BY_CONDITION))
    play(params(fresh_host), Service(FILTERED))


@pytest.mark.parametrize("path", [QEMU, f"{QEMU}.d/forward"])
def test_a_hook_of_libvirt_s_that_filters_by_the_nic_is_refused(fresh_host: str, path: str) -> None:
    console(fresh_host, f"mkdir -p {QEMU}.d" if path != QEMU else "true")
    put(fresh_host, path, f"#!/bin/sh\niptables -I FORWARD -i {NIC} -d 172.16.2.1 -j ACCEPT\n")
    assert f"{path} line 2: iptables -I FORWARD -i {NIC}" in refusal(fresh_host)


@pytest.mark.thorough
def test_kernel_parameters_of_the_nic_follow_to_the_bridge_and_outlive_a_boot(
    fresh_host: str,
) -> None:
    wanted = {"proxy_arp": "1", "rp_filter": "2", "accept_redirects": "0", "arp_ignore": "1"}
    lines = "".join(f"net.ipv4.conf.{NIC}.{word} = {value}\n" for word, value in wanted.items())
    put(fresh_host, "/etc/sysctl.d/70-nic.conf", lines, "644")
    console(fresh_host, "sysctl --system")
    where = f"cd /proc/sys/net/ipv4/conf; cd {BRIDGE} 2>/dev/null || cd {NIC}"
    play(params(fresh_host), Service(f"{where}; head -n1 {' '.join(wanted)}"))


RULES_FOR_BOTH = f"""\
#!/usr/sbin/nft -f
flush ruleset
table inet filter {{
    chain input {{
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        iifname {{ "{NIC}", "{BRIDGE}" }} tcp dport 22 accept
        ip protocol icmp accept
        meta l4proto ipv6-icmp accept
    }}
}}
"""


@pytest.mark.thorough
def test_nft_rules_for_both_names_are_let_through_and_outlive_a_boot(fresh_host: str) -> None:
    put(fresh_host, "/etc/nftables.conf", RULES_FOR_BOTH)
    console(fresh_host, "systemctl enable --now nftables; systemctl restart libvirtd")
    works = Service(
        "nft list chain inet filter input | grep -e 'policy drop' -e dport", ("nftables",)
    )
    play(params(fresh_host), works)


def test_nft_rules_for_the_nic_alone_are_refused_with_the_line(fresh_host: str) -> None:
    alone = RULES_FOR_BOTH.replace(f'{{ "{NIC}", "{BRIDGE}" }}', f'"{NIC}"')
    put(fresh_host, "/etc/nftables.conf", alone)
    console(fresh_host, "systemctl enable --now nftables; systemctl restart libvirtd")
    said = refusal(fresh_host)
    assert f'/etc/nftables.conf line 8: iifname "{NIC}" tcp dport 22 accept' in said
    assert f'line 8 becomes: iifname {{ "{NIC}", "{BRIDGE}" }} tcp dport 22 accept' in said


def test_a_limit_on_ssh_connections_is_named_until_the_operator_may_pass(fresh_host: str) -> None:
    limit = "iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --name SSH"
    console(fresh_host, f"{limit} --set; {limit} --update --seconds 30 --hitcount 60 -j DROP")
    said = refusal(fresh_host)
    assert "--hitcount 60" in said
    found = re.search(r"iptables -I INPUT -s \S+ -p tcp --dport 22 -j ACCEPT", said)
    assert found
    console(fresh_host, found[0])
    assert isinstance(pipeline.change(pipeline.open_session(params(fresh_host))), Confirmed)
