from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import StdinNotImplementedError
from tests.unit import fakes, guest_data
from tests.unit.fakes import NIC
from tests.unit.notebook.conftest import StoppedClock

from runbook.notebook.shared.approval import NotApproved, approve, check_request
from runbook.params import change_request
from runbook.params.source import DEFAULT, INJECTED, Source
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.records.predicate import Operator
from runbook.run.session import Session

PLAN = make_plan(fakes.params(), fakes.seen())


@given(st.text())
def test_nothing_but_the_host_s_name_is_a_yes(typed: str) -> None:
    assert approve(PLAN, DEFAULT, lambda _: typed).given == (typed.strip() == "server-01")


def test_an_approval_is_bound_to_the_plan_that_was_shown() -> None:
    assert approve(PLAN, DEFAULT, lambda _: "server-01").digest == PLAN.digest


def asked(plan: Plan, so_far: str = "") -> str:
    """What the operator is asked."""
    prompts: list[str] = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return ""

    approve(plan, DEFAULT, ask, so_far)
    return prompts[0]


def test_the_question_repeats_the_plan_in_words() -> None:
    steps = f"{len(PLAN.steps())} steps, undone after {PLAN.deadline_s} s unless confirmed"
    first, second, third = asked(PLAN).split("\n")
    assert first == f"server-01: {fakes.ADDRESS} from {NIC} onto virbr1."
    assert second == f"{steps}. Plan {PLAN.digest[:12]}."
    assert third.startswith("Type the host's name to continue")


def test_the_question_about_a_guest_names_the_guest_and_its_address() -> None:
    plan = guest_data.plan(guest_data.seen())
    first, _, third = asked(plan).split("\n")
    assert first == "server-01: vm-01 at 172.16.1.10/16, onto virbr1."
    assert third.startswith("Type the guest's name")


def test_a_change_that_is_taken_up_is_asked_for_with_how_far_it_is() -> None:
    told = asked(PLAN, "Change x is in progress: 4 of 32 steps were made.")
    assert "Change x is in progress: 4 of 32 steps were made. Plan" in told
    assert "undone after" not in told


@pytest.mark.parametrize("source", [DEFAULT, INJECTED, Source("file", "params/server-01.yaml:7")])
def test_where_nobody_can_be_asked_it_is_kept_who_said_apply(source: Source) -> None:
    def ask(_prompt: str) -> str:
        raise StdinNotImplementedError

    said = approve(PLAN, source, ask)
    assert said.given
    assert said.how == f"mode=apply ({source}), with nobody to ask"


@pytest.mark.parametrize(
    ("digest", "given"), [(PLAN.digest, True), ("e" * 64, False), (None, False)]
)
def test_a_command_without_a_terminal_is_approved_by_the_digest_alone(
    digest: str | None, *, given: bool
) -> None:
    def ask(_prompt: str) -> str:
        raise EOFError

    assert approve(PLAN, DEFAULT, ask, approved=digest).given is given


def session(*, approval: str = "operator", **said: object) -> Session:
    """All that a check of the request looks at."""
    params = SimpleNamespace(approval=approval)
    request = change_request(said)
    return cast(
        "Session",
        SimpleNamespace(params=params, change_request=request, clock=StoppedClock()),
    )


ANNA = Operator(person="anna", known_by="sudo", account="root", machine="desk")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"approved": PLAN.digest},
        {"approved": PLAN.digest, "approved_by": "bert", "approval": "other"},
        {"window": "2026-03-01T11:00Z/2026-03-01T13:00Z"},
    ],
)
def test_what_was_said_lets_this_plan_be_made(said: dict[str, str]) -> None:
    check_request(PLAN, session(**said), ANNA)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"approved": "e" * 64}, "have changed since"),
        ({"approval": "other"}, "none was given"),
        ({"approval": "other", "approved": PLAN.digest}, "none was given"),
        ({"approval": "other", "approved_by": "bert"}, "none was given"),
        *(
            ({"approval": "other", "approved": PLAN.digest, "approved_by": me}, "runs this change")
            for me in ("anna", "Anna", "anna@example.org", "root", "root@desk")
        ),
        (
            {"approval": "signed", "approved": PLAN.digest, "approved_by": "bert"},
            "wants the approver's signature",
        ),
        ({"window": "2026-03-01T12:30Z/2026-03-01T13:00Z"}, "it is 2026-03-01 12:00 UTC now"),
    ],
)
def test_what_was_said_does_not_let_this_plan_be_made(said: dict[str, str], why: str) -> None:
    with pytest.raises(NotApproved, match=why) as raised:
        check_request(PLAN, session(**said), ANNA)
    assert "nothing was written" in str(raised.value)
