from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import StdinNotImplementedError

from runbook.notebook.shared.approval import approve
from runbook.params.source import DEFAULT, INJECTED, Source
from runbook.plan.plan import Plan


class _Plan:
    host = subject = "server-01"
    digest = "d" * 64


PLAN: Plan = _Plan()  # type: ignore[assignment]  # all that an approval looks at


@given(st.text())
def test_nothing_but_the_host_s_name_is_a_yes(typed: str) -> None:
    assert approve(PLAN, DEFAULT, lambda _: typed).given == (typed.strip() == "server-01")


def test_an_approval_is_bound_to_the_plan_that_was_shown() -> None:
    assert approve(PLAN, DEFAULT, lambda _: "server-01").digest == "d" * 64


@pytest.mark.parametrize("source", [DEFAULT, INJECTED, Source("file", "params/server-01.yaml:7")])
def test_where_nobody_can_be_asked_it_is_kept_who_said_apply(source: Source) -> None:
    def ask(_prompt: str) -> str:
        raise StdinNotImplementedError

    said = approve(PLAN, source, ask)
    assert said.given
    assert said.how == f"mode=apply ({source}), with nobody to ask"
