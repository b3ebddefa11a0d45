"""Plan for guests x Snapshot -> Cleared, or Refused with every finding against it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runbook.guest_promise import UNHEARD
from runbook.preflight import guest_address, guest_heard, guest_inside, guest_nic, identity, ready
from runbook.preflight.finding import Cleared, Finding
from runbook.preflight.guest_case import GuestCase
from runbook.preflight.judge import cleared

# In the order in which an operator would look.
RULES: tuple[Callable[[GuestCase], Iterator[Finding]], ...] = (
    *identity.RULES,
    *ready.OF_ANY_CHANGE,
    *guest_nic.RULES,
    *guest_address.RULES,
    *guest_inside.RULES,
    *guest_heard.RULES,
)


def preflight(case: GuestCase) -> Cleared:
    """Apply every rule; raises RefusedByPreflight if a finding stands in the way."""
    found = tuple(finding for rule in RULES for finding in rule(case))
    return cleared(case, found, frozenset({UNHEARD}))
