from __future__ import annotations

from tests.unit import fakes, guest_data
from tests.unit.fakes import NIC

from runbook.plan.forecast.summary import Summary, summary
from runbook.plan.routed.procedure import make_plan

RULES = "/etc/iptables/rules.v4"


def of(**tables: list[fakes.Row]) -> Summary:
    seen = fakes.seen(**tables)
    return summary(make_plan(fakes.params(), seen), seen)


def test_a_file_that_is_there_counts_as_edited_and_any_other_as_new() -> None:
    plain = of()
    assert plain.edited == ("/etc/network/interfaces",)
    assert "/etc/libvirt/hooks/network.d/50-runbook-routed" in plain.new
    with_rules = of(
        **fakes.more("files", fakes.file(RULES, f"*filter\n-A INPUT -i {NIC} -j ACCEPT\nCOMMIT\n"))
    )
    assert RULES in with_rules.edited
    assert RULES not in with_rules.new


def test_each_rule_that_is_added_counts_and_none_that_stays() -> None:
    rule = fakes.rule(f"-A INPUT -i {NIC} -p tcp --dport 22 -j ACCEPT", 1)
    assert of().rules == 0
    assert of(firewall=[rule]).rules == 1


def test_networks_and_sysctls_and_steps_are_those_of_the_plan() -> None:
    seen = fakes.seen()
    plan = make_plan(fakes.params(), seen)
    found = summary(plan, seen)
    assert found.networks == ("routed",)
    assert "net.ipv4.ip_forward" in found.sysctls
    assert len(set(found.sysctls)) == len(found.sysctls)
    assert (found.steps, found.deadline_s) == (len(plan.steps()), plan.deadline_s)


def test_a_plan_about_a_guest_counts_the_guest_and_no_network() -> None:
    seen = guest_data.seen()
    found = summary(guest_data.plan(seen), seen)
    assert found.guests == (guest_data.NAME,)
    assert found.networks == ()
