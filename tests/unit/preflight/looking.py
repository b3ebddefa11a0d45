"""The standard host judged, and the one finding that a trap gives."""

from __future__ import annotations

from functools import cache

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC, Row

from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, Finding, RefusedByPreflight, preflight
from runbook.state.host.environment import Surroundings
from runbook.state.snapshot import Snapshot


@cache
def _plan(bridge_mac: str) -> Plan:
    return make_plan(fakes.params(bridge_mac=bridge_mac), fakes.seen())


def look(
    host: Snapshot | None = None, around: Surroundings = fakes.GOOD, **asked: object
) -> Cleared:
    """What preflight lets through."""
    drawn = _plan(str(asked.get("bridge_mac", "own")))
    return preflight(fakes.params(**asked), drawn, host or fakes.seen(), around)


def refusal(
    host: Snapshot | None = None, around: Surroundings = fakes.GOOD, **asked: object
) -> Finding:
    """The one finding that refuses; each trap is told apart from the others."""
    with pytest.raises(RefusedByPreflight) as refused:
        look(host, around, **asked)
    (against,) = [f for f in refused.value.findings if f.against]
    # What, why it matters, what to do: the operator reads all three.
    assert against.why
    for words in (against.seen, against.why, against.then):
        assert words in refused.value.what
    return against


def told(cleared: Cleared, level: str, about: str) -> Finding:
    """The one finding of that level and subject."""
    (found,) = [f for f in cleared.findings if (f.level, f.about) == (level, about)]
    return found


def plus(table: str, *rows: Row) -> Snapshot:
    """The standard host with more rows in one table."""
    return fakes.seen(**fakes.more(table, *rows))


def nic(**other: object) -> list[Row]:
    """The links of the standard host, its NIC being different."""
    return [fakes.link("lo"), fakes.link(NIC, **{"mac": fakes.NIC_MAC, **other})]
