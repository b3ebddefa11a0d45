"""Hosts that know the NIC by its name: what a boot would load without the bridge is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC, Row
from tests.unit.preflight.looking import told

from runbook.params import Params
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, Finding, RefusedByPreflight, preflight
from runbook.preflight.boot_lines import ABOUT, BY_NAME
from runbook.preflight.names import AT_BOOT
from runbook.state.host.line_search import Line
from runbook.state.host.naming_files import NamingFile, NamingFiles
from runbook.state.snapshot import Snapshot

SCRIPT, UNIT = "/usr/local/sbin/firewall", "/etc/systemd/system/firewall.service"
HOOK, USER_RULES = "/etc/network/if-pre-up.d/firewall", "/etc/ufw/user.rules"
SSH = f"-A INPUT -i {NIC} -p tcp -m tcp --dport 22 -j ACCEPT"
DROPS = "-P INPUT DROP"


def naming(path: str, *lines: str, led_from: str = "", filters: bool = False) -> NamingFile:
    numbered = tuple(Line(number, text) for number, text in enumerate(lines, start=2))
    return NamingFile(path, numbered, (led_from,) if led_from else (), filters)


def firewalled(*rules: str) -> Snapshot:
    return fakes.seen(firewall=[as_row(text) for text in rules])


def as_row(text: str) -> Row:
    return fakes.rule(text, 0 if text.startswith(("-P", "-N")) else 1)


def judged(host: Snapshot, *files: NamingFile, complete: bool = True, **asked: object) -> Cleared:
    params: Params = fakes.params(**asked)
    around = replace(fakes.GOOD, naming=NamingFiles(files, complete))
    return preflight(params, make_plan(params, host), host, around)


def refusal(host: Snapshot, *files: NamingFile, complete: bool = True) -> Finding:
    with pytest.raises(RefusedByPreflight) as refused:
        judged(host, *files, complete=complete)
    (against,) = [f for f in refused.value.findings if f.against]
    return against


def test_a_firewall_script_of_a_unit_is_refused_with_file_and_line() -> None:
    file = naming(SCRIPT, f"EXT={NIC}", led_from=UNIT, filters=True)
    found = refusal(firewalled(DROPS, SSH), file)
    assert found.level == "block"
    assert f"{SCRIPT} line 2: EXT={NIC}" in found.seen
    assert UNIT in found.seen
    assert BRIDGE in found.then


def test_a_script_of_ifupdown_is_refused_with_the_line_to_add() -> None:
    condition = f'[ "$IFACE" = {NIC} ] || exit 0'
    rule = f"iptables -A INPUT -i {NIC} -p tcp --dport 22 -j ACCEPT"
    found = refusal(firewalled(DROPS, SSH), naming(HOOK, condition, rule, filters=True))
    assert f"line 3: {rule}" in found.seen
    assert condition not in found.seen
    assert f"below line 3: {rule.replace(NIC, BRIDGE)}" in found.then


def test_ufw_is_known_by_name_and_its_command_is_given() -> None:
    rule = f"-A ufw-user-input -i {NIC} -p tcp --dport 22 -j ACCEPT"
    host = firewalled(DROPS, "-N ufw-user-input", "-A INPUT -j ufw-user-input", rule)
    found = refusal(host, naming(USER_RULES, rule))
    assert f"ufw allow in on {BRIDGE} to any port 22 proto tcp" in found.then
    assert USER_RULES in found.seen


def test_ufw_that_is_off_is_no_matter() -> None:
    rule = f"-A ufw-user-input -i {NIC} -p tcp --dport 22 -j ACCEPT"
    assert told(judged(fakes.seen(), naming(USER_RULES, rule)), "note", ABOUT)


def test_a_hook_of_libvirt_s_is_refused_though_none_of_its_rules_is_live() -> None:
    hook = "/etc/libvirt/hooks/qemu"
    rule = f"iptables -I FORWARD -i {NIC} -d 172.16.2.1 -j ACCEPT"
    found = refusal(fakes.seen(), naming(hook, rule, filters=True))
    assert f"{hook} line 2" in found.seen


def test_a_file_that_has_each_rule_for_both_names_is_fine() -> None:
    rules = [f"iptables -A INPUT -i {name} -p tcp --dport 22 -j ACCEPT" for name in (NIC, BRIDGE)]
    host = firewalled(DROPS, SSH, SSH.replace(NIC, BRIDGE))
    assert told(judged(host, naming(HOOK, *rules, filters=True)), "ok", ABOUT)
    both = f'iifname {{ "{NIC}", "{BRIDGE}" }} tcp dport 22 accept'
    assert told(judged(fakes.seen(), naming("/etc/nftables.conf", both)), "ok", ABOUT)


def test_a_script_that_loops_over_both_is_fine_once_its_rules_are_live_for_both() -> None:
    file = naming(SCRIPT, f"EXT={NIC}", f"LAN={BRIDGE}", led_from=UNIT, filters=True)
    host = firewalled(DROPS, SSH, SSH.replace(NIC, BRIDGE))
    assert not [f for f in judged(host, file).findings if f.against]
    assert refusal(firewalled(DROPS, SSH), file).level == "block"


def test_live_rules_that_no_file_loads_need_somebody_who_knows() -> None:
    host = firewalled(DROPS, SSH)
    found = refusal(host)
    assert (found.level, found.name) == ("consent", AT_BOOT)
    assert SSH in found.seen
    assert judged(host, consent=["bpdu", AT_BOOT])


def test_a_script_of_ifupdown_that_filters_by_a_variable_is_named() -> None:
    host, params = firewalled(DROPS, SSH), fakes.params()
    around = replace(fakes.GOOD, naming=NamingFiles(by_variable=(HOOK,)))
    with pytest.raises(RefusedByPreflight, match=f"{HOOK} makes rules for .IFACE"):
        preflight(params, make_plan(params, host), host, around)


def test_live_rules_of_a_script_that_is_mended_and_did_not_run_again_are_fine() -> None:
    rules = [f"iptables -A INPUT -i {name} -p tcp --dport 22 -j ACCEPT" for name in (NIC, BRIDGE)]
    file = naming(HOOK, *rules, filters=True)
    assert told(judged(firewalled(DROPS, SSH), file), "ok", ABOUT)
    other = SSH.replace("--dport 22", "--dport 2222")
    assert refusal(firewalled(DROPS, SSH, other), file).name == AT_BOOT


def test_rules_that_netfilter_persistent_loads_are_carried_over() -> None:
    saved = f"*filter\n:INPUT DROP [0:0]\n{SSH}\nCOMMIT\n"
    host = fakes.seen(
        firewall=[as_row(DROPS), as_row(SSH)],
        **fakes.more("files", fakes.file("/etc/iptables/rules.v4", saved)),
    )
    assert told(judged(host), "ok", ABOUT)


def test_an_accept_where_nothing_is_dropped_is_no_matter() -> None:
    assert told(judged(firewalled(SSH)), "ok", ABOUT)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/etc/dnsmasq.d/lan.conf", f"interface={NIC}"),
        ("/etc/keepalived/keepalived.conf", f"interface {NIC}"),
        ("/etc/sysctl.d/70-nic.conf", f"net.ipv4.conf.{NIC}.log_martians = 1"),
        ("/etc/backup/agent.ini", f"bind = {NIC}"),
        ("/etc/network/if-up.d/routes", f"ip route add 10.0.0.0/8 via 172.16.0.9 dev {NIC}"),
    ],
)
def test_what_may_not_serve_the_bridge_needs_a_consent(path: str, line: str) -> None:
    found = refusal(fakes.seen(), naming(path, line))
    assert (found.level, found.name) == ("consent", BY_NAME)
    assert f"{path} line 2: {line}" in found.seen
    assert line.replace(NIC, BRIDGE) in found.then


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (HOOK, f"# iptables -A INPUT -i {NIC} -j ACCEPT"),
        ("/etc/network/interfaces", f"iface {NIC} inet static"),
        ("/etc/udev/rules.d/70-persistent-net.rules", f'SUBSYSTEM=="net", NAME="{NIC}"'),
        ("/etc/ufw/user.rules.dpkg-old", f"-A ufw-user-input -i {NIC} -j ACCEPT"),
        ("/etc/network/if-up.d/speed", f"ethtool -s {NIC} speed 1000"),
        ("/etc/backup/agent.ini", f"bind = {NIC}.10"),
        ("/etc/sysctl.d/70-nic.conf", f"net.ipv4.conf.{NIC}.rp_filter = 2"),
        ("/etc/sysctl.conf", f"net/ipv4/conf/{NIC}/proxy_arp=1"),
    ],
)
def test_what_a_boot_does_not_go_by_is_no_matter(path: str, line: str) -> None:
    assert told(judged(fakes.seen(), naming(path, line)), "ok", ABOUT)


def test_monitoring_is_a_note() -> None:
    file = naming("/etc/vnstat.conf", f'Interface "{NIC}"')
    assert "/etc/vnstat.conf" in told(judged(fakes.seen(), file), "note", ABOUT).seen


def test_a_search_that_met_a_bound_is_not_taken_for_nothing() -> None:
    assert refusal(fakes.seen(), complete=False).name == BY_NAME
