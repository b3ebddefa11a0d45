from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.notebook.approval import approve
from runbook.plan import Plan


class _Plan:
    host = "server-01"
    digest = "d" * 64


PLAN: Plan = _Plan()  # type: ignore[assignment]  # all that an approval looks at


@given(st.text())
def test_nothing_but_the_host_s_name_is_a_yes(typed: str) -> None:
    assert approve(PLAN, lambda _: typed).given == (typed.strip() == "server-01")


def test_an_approval_is_bound_to_the_plan_that_was_shown() -> None:
    assert approve(PLAN, lambda _: "server-01").digest == "d" * 64
