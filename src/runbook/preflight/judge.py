"""All rules in order, and their common result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from runbook.common.errors import Refused
from runbook.params import Params
from runbook.params.fields import CONSENTS
from runbook.plan.plan import Plan
from runbook.plan.promise.attached import AttachedPromise
from runbook.plan.promise.guests import UNHEARD
from runbook.plan.promise.reverted import LOSES
from runbook.preflight import (
    address_source,
    addressing,
    adopt,
    attach,
    dhcp,
    files,
    firewall,
    hook_scripts,
    identity,
    ipv6,
    lasting,
    late,
    management,
    names,
    neighbours,
    networks,
    nic,
    nic_name,
    packets,
    ready,
    record,
    resolver,
    routing,
    ssh_limits,
    switch,
)
from runbook.preflight.finding import Case, Cleared, Finding, RefusedByPreflight, Rule
from runbook.state.host.environment import Surroundings
from runbook.state.snapshot import Snapshot

C = TypeVar("C", bound=Case)
# In the order in which an operator would look.
RULES: tuple[Rule, ...] = (
    *identity.RULES,
    *ready.RULES,
    *files.RULES,
    *record.RULES,
    *management.RULES,
    *nic.RULES,
    *nic.RULES_AROUND,
    *nic_name.RULES,
    *adopt.RULES,
    *addressing.RULES,
    *address_source.RULES,
    *ipv6.RULES,
    *routing.RULES,
    *neighbours.RULES,
    *dhcp.RULES,
    *resolver.RULES,
    *networks.RULES,
    *firewall.RULES,
    *packets.RULES,
    *ssh_limits.RULES,
    *names.RULES,
    *hook_scripts.RULES,
    *switch.RULES,
    *late.RULES,
    *lasting.RULES,
)


def preflight(
    params: Params,
    plan: Plan,
    snapshot: Snapshot,
    around: Surroundings,
    rules: tuple[Rule, ...] | None = None,
) -> Cleared:
    """Apply every rule; raises RefusedByPreflight if a finding stands in the way."""
    if rules is None:
        rules = attach.RULES if isinstance(plan.promise, AttachedPromise) else RULES
    return judge(
        Case(params, plan, snapshot, around), rules, frozenset(CONSENTS) - {UNHEARD, LOSES}
    )


def judge(
    case: C, rules: Iterable[Callable[[C], Iterator[Finding]]], consents: frozenset[str]
) -> Cleared:
    """Apply these rules to a case; raises RefusedByPreflight if a finding stands in the way.

    `consents` are those that such a plan may ask for: one host's file serves hosts and guests.
    """
    params, plan, snapshot = case.params, case.plan, case.snapshot
    found = tuple(finding for rule in rules for finding in rule(case))
    if not found:
        raise _no_findings(plan.host)
    findings = (
        *(_with_consent(f, params) for f in found),
        *_unused_consents(params, found, consents),
    )
    if any(finding.against for finding in findings):
        raise RefusedByPreflight(plan.host, findings)
    return Cleared(plan, snapshot, findings)


def _with_consent(finding: Finding, params: Params) -> Finding:
    return replace(finding, given=finding.level == "consent" and finding.name in params.consent)


def _unused_consents(
    params: Params, findings: tuple[Finding, ...], consents: frozenset[str]
) -> Iterator[Finding]:
    """Notes on consents that nothing asked for: a habit of consenting consents to too much."""
    names = {finding.name for finding in findings if finding.level == "consent"}
    for name in params.consent:
        if name in consents - names:
            yield Finding(
                "note",
                f"consent {name}",
                "you gave this consent, but no finding of this run needs it",
                "if a later run finds this risk, it is accepted and nobody is asked",
                f"take {name} out of `consent`",
            )


def _no_findings(host: str) -> Refused:
    return Refused(
        "preflight has no result: no rule gave a finding, not even an `ok`",
        host=host,
        then="this is a fault of the program; do not make the change with it",
    )
