"""What is wrong with parameter values, compared with the host's snapshot.

First what each value must look like, then whether the host has what they name,
at last whether a plan can be drawn. Only the first kind can be several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runbook.common.errors import ParameterError, Refused
from runbook.params import Params, faults, resolve
from runbook.plan.routed.facts import nic_address_message, nic_names
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import adopt, attach, identity, networks, nic
from runbook.preflight.finding import CaseWithoutPlan, Finding
from runbook.preflight.survey.candidates import unfit
from runbook.state.host.operator_connection import Connection
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SurveyCase:
    """The parameters, and the host that they are for."""

    params: Params
    snapshot: Snapshot


def judge(
    host: str, values: Mapping[str, object], snapshot: Snapshot, own: Connection | None
) -> tuple[ParameterError, ...]:
    """All that is known to be wrong; an error about field '' is about none in particular."""
    values_given = {name: value for name, value in values.items() if value is not None}
    named = {"host": host}
    wrong = (
        *_interface(snapshot, str(values_given.get("interface", ""))),
        *faults({}, named, values_given),
    )
    return wrong or against(resolve({}, named, values_given), snapshot, own)


def _interface(snapshot: Snapshot, name: str) -> Iterator[ParameterError]:
    """What is wrong with the interface; the other parameters depend on it."""
    fix = f"choose one of: {', '.join(nic_names(snapshot)) or 'none found'}"
    if not name:
        yield ParameterError("interface", name, "none is chosen", fix)
    elif not snapshot.find(LinkRow, name):
        yield ParameterError("interface", name, f"{snapshot.host} has none of that name", fix)
    elif why := unfit(snapshot, name):
        yield ParameterError("interface", name, why, fix)


def against(
    params: Params, snapshot: Snapshot, own: Connection | None
) -> tuple[ParameterError, ...]:
    """What of parameters that are right by themselves is wrong on this host."""
    try:
        if not params.attach:
            nic_address_message(snapshot, params.holder, params.ipv4)
        stands = tuple(_stands_against(SurveyCase(params, snapshot)))
        if not stands:
            make_plan(params, snapshot, own)
    except ParameterError as error:
        return (error,)
    except Refused as refused:
        return (ParameterError("", "", refused.what, refused.then),)
    return stands


def _stands_against(case: CaseWithoutPlan) -> Iterator[ParameterError]:
    for its in identity.RULES:
        yield from _errors("machine_id", case, its(case))
    if case.params.attach:
        for attaching in attach.WITHOUT_PLAN:
            yield from _errors("network", case, attaching(case))
        return
    for rule in nic.RULES:
        yield from _errors("interface", case, rule(case))
    for adopting in adopt.RULES:
        yield from _errors("adopt", case, adopting(case))
    yield from _errors("network", case, networks.network_names(case))
    yield from _errors("bridge", case, networks.bridge_names(case))
    yield from _errors("forward", case, networks.others(case))


def _errors(
    field: str, case: CaseWithoutPlan, findings: Iterator[Finding]
) -> Iterator[ParameterError]:
    for finding in findings:
        if finding.level == "block":
            problem = f"{finding.about}: {finding.seen}; {finding.why}"
            yield ParameterError(field, getattr(case.params, field), problem, finding.then)
