from __future__ import annotations

from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.plan.changes.steps import Sysctl
from runbook.plan.changes.sysctl import SetSysctl, TuneBridge

SHAKEN = (("net.ipv4.conf.all.forwarding", "0"), ("net.ipv4.conf.enp4s0f0/7.forwarding", "1"))
CHANGE = SetSysctl("net.ipv4.ip_forward", "1", "0", SHAKEN)


def test_one_write_there_and_the_switch_before_what_it_shook_on_the_way_back() -> None:
    assert CHANGE.do() == (Sysctl("net.ipv4.ip_forward", "1"),)
    back = [Sysctl("net.ipv4.ip_forward", "0"), *(Sysctl(*pair) for pair in SHAKEN)]
    assert list(CHANGE.undo()) == back


def test_nics_that_a_bond_does_not_use_are_quiet_while_the_switch_is_written() -> None:
    name, bonds = "net.ipv6.conf.all.forwarding", ("bond0", "bond1")
    change = SetSysctl(name, "1", "0", (("net.ipv6.conf.eth0.forwarding", "0"),), bonds)
    quiet, no_more = HushIdlePorts(bonds, on=True), HushIdlePorts(bonds, on=False)
    assert change.do() == (quiet, Sysctl(name, "1"), no_more)
    assert (change.undo()[0], change.undo()[-1]) == (quiet, no_more)
    assert quiet.describe().startswith("ip link set multicast off")


def test_the_operator_reads_the_name_and_both_values() -> None:
    assert CHANGE.title == "set net.ipv4.ip_forward"
    assert CHANGE.before == "net.ipv4.ip_forward = 0"
    assert CHANGE.after == "net.ipv4.ip_forward = 1"
    assert CHANGE.do()[0].describe() == "sysctl -w net.ipv4.ip_forward=1"


def test_what_is_set_on_the_bridge_goes_with_it() -> None:
    tune = TuneBridge("virbr1", (("net.ipv4.conf.virbr1.arp_notify", "1"),))
    assert tune.do() == (Sysctl("net.ipv4.conf.virbr1.arp_notify", "1"),)
    assert tune.undo() == ()
    assert tune.after == "net.ipv4.conf.virbr1.arp_notify = 1"
