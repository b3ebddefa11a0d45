from __future__ import annotations

import pytest

from runbook.plan.netfilter.owner import owner, table_owner


@pytest.mark.parametrize(
    ("rule", "whose"),
    [
        ("-A INPUT -j LIBVIRT_INP", "libvirt"),
        ("-N LIBVIRT_FWX", "libvirt"),
        ("-A LIBVIRT_FWX -i virbr1 -o virbr1 -j ACCEPT", "libvirt"),
        ("-A INPUT -j RUNBOOK-IN", "runbook"),
        ("-A RUNBOOK-FWD -i virbr1 -o virbr1 -j ACCEPT", "runbook"),
        ("-A FORWARD -j DOCKER-USER", "docker"),
        ("-A FORWARD -i docker0 -o docker0 -j ACCEPT", "docker"),
        ("-A FORWARD -o br-0123456789ab -j DOCKER", "docker"),
        ("-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE", "docker"),
        ("-A INPUT -i br-lan -j ACCEPT", "other"),
        ("-P INPUT DROP", "other"),
    ],
)
def test_whose_a_rule_is(rule: str, whose: str) -> None:
    assert owner(rule.split()[1], rule) == whose


@pytest.mark.parametrize(
    ("table", "whose"),
    [("libvirt_network", "libvirt"), ("docker-bridges", "docker"), ("filter", "other")],
)
def test_whose_a_native_table_is(table: str, whose: str) -> None:
    assert table_owner(table) == whose
