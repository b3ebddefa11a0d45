"""Variables that hold a name."""

from __future__ import annotations

import pytest

from runbook.state.syntax.shell_variables import filled_in, holding


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("NIC=eth0", "NIC"),
        ("export NIC='eth0'", "NIC"),
        ('Environment=LAN=10.0.0.0/8 "IF=eth0"', "IF"),
        ("Environment=IF=eth0", "IF"),
        ("DEV=${1:-eth0}", "DEV"),
        ("for i in eth1 eth0; do", "i"),
    ],
)
def test_a_variable_that_is_given_the_name_holds_it(text: str, variable: str) -> None:
    assert holding([text], "eth0") == {variable}


@pytest.mark.parametrize(
    "text", ["NIC=eth01", "NIC=eth0.10", "NIC=veth0", "echo eth0", "[ $A = eth0 ]"]
)
def test_another_name_and_a_comparison_give_a_variable_nothing(text: str) -> None:
    assert holding([text], "eth0") == frozenset()


def test_only_the_whole_variable_is_filled_in() -> None:
    text = 'ip addr show "$NIC" ${NIC} $NICS ${NICS}'
    assert filled_in(text, ["NIC"], "eth0") == 'ip addr show "eth0" eth0 $NICS ${NICS}'
