"""Whether this is the machine that the parameters were written for."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.params import KnownHost
from runbook.preflight.finding import Case, Finding, RefusedByPreflight
from runbook.state.identity import Identity

ABOUT = "machine"
WHY = "DNS or ARP may one day lead to another machine, and runbook would change that one"


def refuse_another_machine(params: KnownHost, identity: Identity) -> None:
    """Raise RefusedByPreflight if `machine_id` is given and is another's; asked first of all."""
    finding = _judged(params, identity)
    if finding.against:
        raise RefusedByPreflight(params.host, (finding,))


def _machine(case: Case) -> Iterator[Finding]:
    yield _judged(case.params, case.snapshot.identity)


def _judged(params: KnownHost, identity: Identity) -> Finding:
    current, desired = identity.machine_id, params.machine_id
    who = f"{identity.hostname}, machine id {current}"
    if desired is None:
        then = f"once you know that it is the right one, add to params/{params.host}.yaml: "
        return Finding("note", ABOUT, f"{who}, not pinned", WHY, f"{then}machine_id: {current}")
    if desired != current:
        then = "check where `destination` leads; if it was reinstalled, correct `machine_id`"
        return Finding("block", ABOUT, f"{who}, but the parameters pin {desired}", WHY, then)
    return Finding("ok", ABOUT, f"{who}, as pinned", WHY)


RULES = (_machine,)
