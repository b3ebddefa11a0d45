"""The last words of a run whose kernel is dead."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runbook.common.errors import ConnectionLost
from runbook.notebook.jupyter import last_words
from runbook.notebook.undo import cells as nb
from runbook.run.record import MIME

CHANGE = "20260301T120000Z-abc123"
WHY = "the kernel of the notebook died"


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    whose = {"host": "server-01", "change_id": CHANGE, "operator": "root@desk"}
    deadline = "2026-03-01T12:05:00+00:00"
    return {**whose, "folder": str(tmp_path), "deadline": deadline, "way": {"connect": "ssh"}}


class HostThat:
    """A host whose last change is in this state; `done` is what was asked of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, state: str, change: str = CHANGE) -> None:
        self.done: list[str] = []
        place = SimpleNamespace(change_id=change)
        standing = SimpleNamespace(
            state=state,
            armed=state == "armed",
            checkpoint=SimpleNamespace(place=place),
            describe=lambda: ("some sentence",),
        )
        session = SimpleNamespace(host=SimpleNamespace(close=lambda: None))
        met = SimpleNamespace(standing=standing, session=session)
        monkeypatch.setattr(nb, "want", lambda given: given)
        monkeypatch.setattr(nb, "meet", lambda _: met)
        for name in ("look", "decide", "do", "record"):
            monkeypatch.setattr(nb, name, lambda _, name=name: self.done.append(name))


def text(outputs: list[Any]) -> str:
    return "\n".join(line for output in outputs for line in output.get("traceback", ()))


@pytest.mark.parametrize("state", ["armed", "undone"])
def test_an_armed_change_is_undone_and_the_dead_run_gets_its_last_word(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    host = HostThat(monkeypatch, state)
    outputs = last_words.say(told, WHY, undo=True)
    assert host.done == ["look", "decide", "do", "record"]
    kept = json.loads((Path(told["folder"]) / "outcome.json").read_text())
    assert kept["outcome"] == "as before (rolled back)"
    assert WHY in kept["said"]
    assert outputs[0]["data"][MIME] == kept


@pytest.mark.parametrize(
    ("state", "change", "said"),
    [
        ("confirmed", CHANGE, "is confirmed: it stays"),
        ("armed", "another", "does not say how change"),
        ("stood down", CHANGE, "does not say how change"),
    ],
)
def test_what_is_not_armed_is_left_alone_and_named(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, state: str, change: str, said: str
) -> None:
    host = HostThat(monkeypatch, state, change)
    outputs = last_words.say(told, WHY, undo=True)
    assert host.done == []
    assert said in text(outputs)
    assert not (Path(told["folder"]) / "outcome.json").exists()


def test_a_host_that_does_not_answer_may_be_armed_until_when_and_what_ends_it(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    HostThat(monkeypatch, "armed")

    def lost(_: object) -> None:
        raise ConnectionLost("no route", host="server-01", state="-", then="-")

    monkeypatch.setattr(nb, "meet", lost)
    said = text(last_words.say(told, WHY, undo=True))
    assert f"{CHANGE} may still be armed on server-01" in said
    assert "2026-03-01 12:05:00 UTC" in said
    assert "`runbook status server-01`" in said
    assert "`runbook undo server-01`" in said
    assert "no route" in said


def test_the_last_word_that_the_kernel_wrote_before_it_died_is_the_notebooks(
    told: dict[str, Any],
) -> None:
    kept = {"outcome": "as before (rolled back)", "said": "undone, because: why"}
    (Path(told["folder"]) / "outcome.json").write_text(json.dumps(kept))
    outputs = last_words.say(told, WHY, undo=True)
    assert outputs[0]["data"][MIME] == kept


def test_nothing_armed_is_said_too() -> None:
    assert "No undo had been armed" in text(last_words.say(None, WHY, undo=True))
