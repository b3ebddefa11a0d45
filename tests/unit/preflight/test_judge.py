"""What becomes of the findings together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.preflight.looking import look, nic, refusal, told

from runbook.common.errors import Refused
from runbook.params.fields import CONSENTS
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import RULES, Case, Finding, RefusedByPreflight, preflight

PLAN = make_plan(fakes.params(), fakes.seen())
NAMES = st.lists(st.sampled_from(CONSENTS), unique=True)


def only(*findings: Finding, consent: list[str] | None = None) -> tuple[Finding, ...]:
    """The findings of a preflight in which one rule says these."""

    def rule(case: Case) -> Iterator[Finding]:
        del case
        yield from findings

    params = fakes.params(consent=consent or [])
    return preflight(params, PLAN, fakes.seen(), fakes.GOOD, (rule,)).findings


def risk(name: str) -> Finding:
    return Finding("consent", name, "it is there", "it may bite", f"consent: [{name}]", name)


def test_a_preflight_that_looked_at_nothing_clears_nothing() -> None:
    with pytest.raises(Refused, match="has no result"):
        only()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.__module__}.{rule.__name__}")
def test_no_rule_is_silent_on_a_good_host(rule: object) -> None:
    assert callable(rule)
    found = tuple(rule(Case(fakes.params(), PLAN, fakes.seen(), fakes.GOOD)))
    assert found
    assert all(f.about and f.seen and f.why for f in found)


def test_each_rule_has_a_subject_of_its_own() -> None:
    case = Case(fakes.params(), PLAN, fakes.seen(), fakes.GOOD)
    subjects = Counter(subject for rule in RULES for subject in {f.about for f in rule(case)})
    assert [subject for subject, rules in subjects.items() if rules > 1] == []


def test_all_that_refuses_is_said_at_once() -> None:
    around = replace(fakes.GOOD, missing=("virsh",), free_bytes=1 << 20)
    with pytest.raises(RefusedByPreflight, match=r"3 findings:") as refused:
        look(fakes.seen(links=nic(master="br0")), around)
    assert {f.about for f in refused.value.findings if f.against} == {"programs", "disk", NIC}


def test_what_was_fine_is_kept_beside_what_refuses() -> None:
    with pytest.raises(RefusedByPreflight) as refused:
        look(fakes.seen(links=nic(master="br0")))
    assert "ok" in {f.level for f in refused.value.findings}


@given(st.sampled_from(CONSENTS), NAMES)
def test_a_risk_stands_in_the_way_unless_just_it_is_consented_to(
    name: str, consent: list[str]
) -> None:
    if name in consent:
        first, *notes = only(risk(name), consent=consent)
        assert (first.level, first.given, first.against) == ("consent", True, False)
        # Of a host's file, what only its guests or a revert may ask for is theirs to note.
        odd = {f"consent {c}" for c in consent if c not in (name, "unheard", "revert-loses")}
        assert {f.about for f in notes} == odd
    else:
        with pytest.raises(RefusedByPreflight, match=name):
            only(risk(name), consent=consent)


@given(NAMES)
def test_no_consent_lets_a_block_through(consent: list[str]) -> None:
    block = Finding("block", "x", "seen", "why", "then")
    with pytest.raises(RefusedByPreflight, match="1 finding"):
        only(block, consent=consent)


def test_a_consent_that_nothing_asks_for_is_said() -> None:
    found = look(consent=["bpdu", "docker"])
    assert "no finding of this run needs it" in told(found, "note", "consent docker").seen


def test_a_consent_is_asked_for_by_its_name() -> None:
    found = refusal(consent=[])
    assert found.name == "bpdu"
    assert "consent: [bpdu]" in found.then


def test_the_standard_host_is_cleared_and_each_thing_looked_at_is_said() -> None:
    cleared = look()
    assert cleared.plan == PLAN
    assert [f for f in cleared.findings if f.against] == []
    fine = {f.about for f in cleared.findings if f.level == "ok"}
    assert {"NIC", "address", "subnet", "default route", "DHCP server", "Docker"} <= fine
