from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from ipywidgets import Combobox, Dropdown

from runbook.notebook.shared import host_choice
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.widgets import question

HOST = "interface: enp4s0f0\naddress: 172.16.1.1/16\ngateway: 172.16.0.1\n"
NOBODY = {"host": None, "mode": "plan"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "params"
    made.mkdir()
    (made / "server-01.yaml").write_text(HOST)
    (made / "odd.yaml").write_text("gatway: x\n")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setattr(host_choice, "somebody_there", lambda: True)
    return made


def person(monkeypatch: pytest.MonkeyPatch, chooses: str) -> list[tuple[str, ...]]:
    """Someone who chooses this in the page; what they were offered, and told."""
    seen: list[tuple[str, ...]] = []

    def wait(fields: Sequence[Dropdown | Combobox], fault, settled, clock) -> bool:  # type: ignore[no-untyped-def]  # noqa: ANN001
        del clock
        (field,) = fields
        options = field.options
        seen.append(tuple(o if isinstance(o, str) else o[0] for o in options))
        field.value = chooses
        why = fault()
        seen.append((why, settled(not why).text))
        return not why

    monkeypatch.setattr(question, "wait_for", wait)
    return seen


def test_without_a_person_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_choice, "somebody_there", lambda: False)
    assert with_host(NOBODY) is NOBODY


def test_a_host_that_is_named_is_not_asked_for() -> None:
    named = {"host": "server-09"}
    assert with_host(named) is named


def test_the_hosts_of_params_are_offered_with_their_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = person(monkeypatch, "server-01")
    assert with_host(NOBODY) == {"host": "server-01", "mode": "plan"}
    assert seen[0] == (
        "choose a host",
        "odd: its file is wrong",
        "server-01: 172.16.1.1/16 on enp4s0f0",
    )
    assert "server-01" in seen[1][1]


def test_no_choice_leaves_the_names_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    person(monkeypatch, "")
    assert with_host(NOBODY, ask=lambda _: "") is NOBODY


def test_a_page_that_cannot_answer_asks_at_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "wait_for", lambda *_: False)
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return " server-01 "

    assert with_host(NOBODY, ask=ask)["host"] == "server-01"
    assert "odd, server-01" in asked[0]


@pytest.mark.parametrize(("typed", "why"), [("../x", "a host's name is"), ("", "name the host")])
def test_a_new_host_may_be_named_where_that_is_right(
    monkeypatch: pytest.MonkeyPatch, typed: str, why: str
) -> None:
    seen = person(monkeypatch, typed)
    assert with_host(NOBODY, free=True, ask=lambda _: "") is NOBODY
    assert why in seen[1][0]
    person(monkeypatch, "server-05")
    assert with_host(NOBODY, free=True)["host"] == "server-05"
