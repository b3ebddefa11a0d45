"""`runbook revert` goes through the cells, and its exit status says whether it is taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import older
from tests.unit.notebook.conftest import CHANGE, MadeUp
from tests.unit.plan.revert import reverting
from tests.unit.records.test_manifest import NOON

from runbook.apply.confirm import Verified
from runbook.apply.phases import Applied
from runbook.apply.verify import Verdict
from runbook.common.errors import RolledBack, StepFailed
from runbook.notebook.revert import command
from runbook.records.manifest import load
from runbook.records.seal import seal
from runbook.run import pipeline
from runbook.run.record import Folder
from runbook.run.session import Session, Underway
from runbook.run.subject import Observation, UnjudgedPlan

TAKEN = older.CONFIRMED.change_id
PLAN = reverting.plan()
Answer = Callable[[str | BaseException], None]


@pytest.fixture
def recorded(home: Path, made_up: MadeUp, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the record of a confirmed change, and a host that can be reverted."""
    folder = home / "outputs" / "server-01" / TAKEN
    shutil.copytree(older.CONFIRMED.record, folder)
    seal(Folder(folder), NOON)

    def verify(_session: Session, _underway: Underway, applied: Applied) -> Verified:
        made_up.ask("verify")
        return Verified(applied.armed, Verdict(()))

    def plan(*_given: object) -> UnjudgedPlan:
        return UnjudgedPlan(PLAN)

    monkeypatch.setattr(pipeline, "observe", lambda *_given: Observation())
    monkeypatch.setattr(pipeline, "plan", plan)
    monkeypatch.setattr(pipeline, "verify", verify)
    return folder


def revert(**given: object) -> int:
    asked = {"host": "server-01", "change": None, "consent": (), **given}
    return command.run(asked)


def record(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        (home / "outputs" / "server-01" / CHANGE / "record.json").read_text()
    )["predicate"]
    return told


def test_a_plan_alone_writes_nothing_and_is_a_success(
    recorded: Path, home: Path, made_up: MadeUp, shown: list[Any]
) -> None:
    assert revert(mode="plan") == 0
    assert "arm" not in made_up.done
    assert record(home)["verdict"]["fact"] == "planned"
    assert shown
    assert sorted(recorded.glob("later-*")) == []


def test_a_host_s_name_takes_it_back_and_links_both_records(
    recorded: Path, home: Path, made_up: MadeUp, answer: Answer, shown: list[Any]
) -> None:
    answer("server-01")
    assert revert(ticket="CHG-9", reason="guests moved") == 0
    done = [what for what in made_up.done if what in (*command.PHASES_OF_A_REVERT, "confirm")]
    assert done == [*command.PHASES_OF_A_REVERT, "confirm"]
    told = record(home)
    assert (told["kind"], told["ticket"], told["reason"]) == ("revert", "CHG-9", "guests moved")
    assert told["links"] == [{"relation": "reverts", "change_id": TAKEN}]
    link = json.loads((recorded / f"later-{CHANGE}.json").read_text())["predicate"]
    assert (link["relation"], link["by"]["change_id"]) == ("reverted by", CHANGE)
    assert load(recorded).predicate.change_id == TAKEN
    assert shown


@pytest.mark.parametrize("typed", ["no", EOFError()])
def test_without_an_approval_nothing_is_written_and_it_is_no_success(
    recorded: Path, made_up: MadeUp, answer: Answer, typed: str | BaseException
) -> None:
    answer(typed)
    assert revert() == 1
    assert "arm" not in made_up.done
    assert sorted(recorded.glob("later-*")) == []


def test_without_a_terminal_the_digest_of_the_plan_is_the_approval(
    recorded: Path, home: Path, made_up: MadeUp, answer: Answer
) -> None:
    answer(EOFError())
    assert revert(approved=PLAN.digest, approved_by="bert") == 0
    assert record(home)["approval"]["how"] == "its digest was given, with nobody to ask"
    assert "confirm" in made_up.done
    assert recorded.exists()


def test_a_part_that_fails_is_undone_and_links_nothing(
    recorded: Path, home: Path, made_up: MadeUp, answer: Answer
) -> None:
    answer("server-01")
    made_up.fails["cutover"] = StepFailed("x", host="server-01", state="half made", then="wait")
    with pytest.raises(RolledBack):
        revert()
    assert made_up.done[-1] == "roll back"
    assert record(home)["verdict"]["fact"] == "rolled-back"
    assert sorted(recorded.glob("later-*")) == []
