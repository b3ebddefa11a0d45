from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import StdinNotImplementedError
from tests.unit.notebook.conftest import CHANGE, MadeUp
from tests.unit.notebook.test_stages import applied, armed, page, through

from runbook.common import atomic_files
from runbook.common.errors import ConnectionLost, RolledBack, StepFailed
from runbook.notebook.routed import cells as nb
from runbook.records.manifest import load, verify
from runbook.records.predicate import Fact, Record

Answer = Callable[[str | BaseException], None]
NOBODY = StdinNotImplementedError()
FAILED = StepFailed("no room", host="server-01", state="half made", then="wait")


def folder(home: Path) -> Path:
    return home / "outputs" / "server-01" / CHANGE


def record(home: Path) -> Record:
    assert verify(folder(home)) == ()
    return load(folder(home)).predicate


def subjects(home: Path) -> set[str]:
    return {one.name for one in load(folder(home)).subject}


def test_a_confirmed_change_ends_with_a_manifest_of_every_file_and_the_hosts_own(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    through()
    told = record(home)
    assert (told.kind, told.verdict.fact) == ("change", Fact.CONFIRMED)
    assert told.approval is not None
    assert told.approval.plan_sha256 == told.plan_sha256
    assert told.host_files == "read"
    place = f"host:/var/lib/runbook/{CHANGE}"
    assert {f"{place}/journal", f"{place}/undo", "after.json", "outcome.json"} <= subjects(home)
    # A confirmed run keeps the host's journal, as an undone one does.
    assert "journal" in (folder(home) / "journal-of-the-host").read_text()
    assert "confirm" in made_up.read_after
    assert "not complete" not in page(shown)


def test_a_plan_alone_is_sealed_and_asks_the_host_for_nothing_of_a_change(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(AssertionError("nobody is to be asked"))
    through(mode="plan")
    told = record(home)
    assert (told.kind, told.verdict.fact, told.approval) == ("plan", Fact.PLANNED, None)
    assert made_up.read_after == ()
    assert shown


def test_a_change_that_was_rolled_back_is_sealed_after_the_undo(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    made_up.fails["cutover"] = FAILED
    with pytest.raises(RolledBack):
        applied(armed())
    assert record(home).verdict.fact is Fact.ROLLED_BACK
    assert "roll back" in made_up.read_after
    assert shown


def test_a_refused_run_is_sealed(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    made_up.fails["preflight"] = FAILED
    with pytest.raises(StepFailed):
        armed()
    assert record(home).verdict.fact is Fact.REFUSED
    assert shown


SILENT = (
    ConnectionLost("no answer", host="server-01", state="not known", then="wait"),
    OSError("Broken pipe"),
)


@pytest.mark.parametrize("silence", SILENT, ids=("lost", "unforeseen"))
def test_a_host_that_does_not_answer_any_more_keeps_no_record_from_its_seal(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, silence: Exception
) -> None:
    answer(NOBODY)
    made_up.fails["read files"] = silence
    through()
    told = record(home)
    assert told.verdict.fact is Fact.CONFIRMED
    assert told.host_files.startswith("the host could not be asked: ")
    assert shown


def test_a_manifest_that_cannot_be_written_is_named_and_harms_no_confirmed_change(
    made_up: MadeUp,
    home: Path,
    shown: list[Any],
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create = atomic_files.create

    def full(path: Path, content: bytes) -> None:
        if path.name == "record.json":
            raise OSError(28, "No space left on device")
        create(path, content)

    monkeypatch.setattr(atomic_files, "create", full)
    answer(NOBODY)
    through()
    assert made_up.done[-1] != "roll back"
    assert json.loads((folder(home) / "outcome.json").read_text())["outcome"] == "as promised"
    assert "record.json (No space left on device)" in page(shown)


def test_a_file_of_the_record_that_cannot_be_read_harms_no_confirmed_change(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    change = applied(armed())
    (folder(home) / "gone").symlink_to(home / "nowhere")
    nb.finish(nb.after(nb.confirm(nb.verify(change))))
    assert json.loads((folder(home) / "outcome.json").read_text())["outcome"] == "as promised"
    assert "record.json (" in page(shown)
    assert made_up.done[-1] != "roll back"
