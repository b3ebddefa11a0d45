"""Plan for guests x Snapshot -> Cleared, or Refused with every finding against it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runbook.guest.rules import address, inside, nic, reachability
from runbook.guest.rules.case import GuestCase
from runbook.plan.promise.guests import UNHEARD
from runbook.preflight import files, identity, ready, record
from runbook.preflight.finding import Cleared, Finding
from runbook.preflight.judge import judge

# In the order in which an operator would look.
RULES: tuple[Callable[[GuestCase], Iterator[Finding]], ...] = (
    *identity.RULES,
    *ready.OF_ANY_CHANGE,
    *files.OF_ANY_CHANGE,
    *record.OF_ANY_CHANGE,
    *nic.RULES,
    *address.RULES,
    *inside.RULES,
    *reachability.RULES,
)


def preflight(case: GuestCase) -> Cleared:
    """Apply every rule; raises RefusedByPreflight if a finding stands in the way."""
    return judge(case, RULES, frozenset({UNHEARD}))
