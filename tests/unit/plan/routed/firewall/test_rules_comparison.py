"""Every difference between the rules file and the live rules has its reason."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC, Row

from runbook.params import Params
from runbook.plan.netfilter.compare import Row as Compared
from runbook.plan.netfilter.ruleset import LiveChain
from runbook.plan.routed.firewall.rules_comparison import compared
from runbook.plan.routed.procedure import make_plan
from runbook.preflight.packets import rules_then
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import Snapshot

FILE = (Path(__file__).parents[3] / "data/iptables/routed-second-lan.rules").read_text()
OPERATOR = Connection("10.99.0.2", 50000, fakes.IP, 22)
SSH = f"-A INPUT -i {NIC} -p tcp -m tcp --dport 22 -j ACCEPT"
BEFORE = fakes.seen(firewall=[fakes.rule(SSH, 1), fakes.rule("-A INPUT -p gre -j DROP", 2)])


def asked(**other: object) -> Params:
    return fakes.params(rules="x.rules", rules_text=FILE, **other)


def changed(params: Params) -> Snapshot:
    """The firewall as the plan leaves it."""
    then = rules_then(params, make_plan(params, BEFORE, OPERATOR), BEFORE)
    rows = [row for chain in then.chains.chains for row in _rows(chain)]
    return fakes.seen(firewall=rows)


def _rows(chain: LiveChain) -> list[Row]:
    name = chain.place.chain
    head = f"-P {name} {chain.policy}" if chain.policy else f"-N {name}"
    at = {"family": chain.place.family, "table": chain.place.table, "chain": name}
    return [fakes.rule(text, n, **at) for n, text in enumerate((head, *chain.rules))]


def why(found: tuple[Compared, ...] | None, **equal: str) -> set[tuple[str, str]]:
    rows = (row for row in found or () if equal.items() <= asdict(row).items())
    return {(row.where, row.why) for row in rows}


@pytest.mark.parametrize("firewall", ["keep", "accept", "drop"])
@pytest.mark.parametrize("forward", ["nat", "open"])
def test_nothing_is_left_unexplained(firewall: str, forward: str) -> None:
    params = asked(firewall=firewall, forward=forward)
    found = compared(params, BEFORE, changed(params))
    assert found is not None
    assert not [row for row in found if row.why == "unexplained"]
    lines = [line for line in FILE.split("\n") if line.startswith((":", "-A"))]
    assert len([row for row in found if row.where != "only live"]) == len(lines)


def test_each_kind_of_difference_is_told_apart() -> None:
    params = asked(firewall="drop")
    found = compared(params, BEFORE, changed(params))
    across = "-A FORWARD -i virbr1 -o virbr1 -j ACCEPT"
    assert why(found, rule=across) == {("both", "libvirt's own, now in chain LIBVIRT_FWX")}
    assert why(found, rule="-A FORWARD -d 10.44.0.0/20 -i virbr1 -o virbr1 -j ACCEPT") == {
        ("both", "the same, from the file")
    }
    checksum = "-A POSTROUTING -o virbr1 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill"
    assert why(found, rule=checksum) == {
        ("only in file", "libvirt makes this only where it serves DHCP")
    }
    assert why(found, rule="-P INPUT DROP") == {("only live", "policy set by profile drop")}
    assert why(found, rule="-P INPUT ACCEPT", table="filter") == {
        ("only in file", "policy set by profile drop")
    }
    assert why(found, rule=SSH) == {("only live", "somebody else's, kept")}
    twin = SSH.replace(NIC, "virbr1")
    assert why(found, rule=twin) == {("only live", "runbook's twin for the bridge")}
    assert why(found, chain="RUNBOOK-IN") == {("only live", "runbook's profile")}


def test_what_nobody_can_explain_is_marked() -> None:
    params = asked()
    after = changed(params)
    stray = fakes.rule("-A INPUT -p 99 -j ACCEPT", 9)
    odd = fakes.seen(firewall=[stray]).rows(FirewallRow)
    rest = (row for row in after.rows(FirewallRow) if row.chain != "FORWARD")
    lost = after.having(FirewallRow, rest)
    assert why(compared(params, BEFORE, lost), chain="FORWARD", where="only in file") >= {
        ("only in file", "unexplained")
    }
    strange = after.having(FirewallRow, odd)
    assert ("only live", "unexplained") in why(compared(params, BEFORE, strange))


def test_without_a_file_there_is_nothing_to_compare() -> None:
    assert compared(fakes.params(), BEFORE, BEFORE) is None
