from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from IPython.core.error import StdinNotImplementedError
from tests.unit import hosts
from tests.unit.notebook.conftest import CHANGE, MadeUp, StoppedClock
from tests.unit.notebook.test_stages import applied, armed, page, through
from tests.unit.records.test_signature import allowed, key

from runbook.common import atomic_files
from runbook.common.errors import ConnectionLost, RolledBack, StepFailed
from runbook.notebook.routed import cells as nb
from runbook.notebook.shared.approval import NotApproved
from runbook.notebook.shared.ending import waiting
from runbook.notebook.shared.runs import RecordedRun
from runbook.records.manifest import load, verify
from runbook.records.predicate import Fact, Record
from runbook.run import record as runs
from runbook.run.record import Ending, Outcome

Answer = Callable[[str | BaseException], None]
CLOCK = StoppedClock()
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


def test_a_signed_approval_is_in_the_record_as_a_stranger_can_check_it(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, tmp_path: Path
) -> None:
    answer(NOBODY)
    through(mode="plan", approval="signed")
    digest = str(record(home).plan_sha256)
    assert f"'plan: {digest}' 'until: 2026-03-08T12:00+00:00' > approval.txt" in page(shown)
    shutil.rmtree(folder(home))
    bert = key(tmp_path, "bert")
    allowed(home / "params", bert=bert)
    text = tmp_path / "approval.txt"
    text.write_text(f"host: server-01\nplan: {digest}\nuntil: 2026-03-02T12:00+00:00\n")
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "runbook-approval", "-f", str(bert)]
    subprocess.run([*command, str(text)], check=True, capture_output=True)
    given = {"approval_signature": f"{text}.sig", "approved": digest, "approved_by": "bert"}
    through(approval="signed", **given)
    told = record(home).approval
    assert told is not None
    assert told.by == "bert"
    assert {"approval.txt", "approval.txt.sig"} <= subjects(home)
    sealed, signers = folder(home) / "approval.txt", str(home / "params/allowed_signers")
    check = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "bert", "-n", "runbook-approval"]
    done = subprocess.run(
        [*check, "-s", f"{sealed}.sig"],
        input=sealed.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # It was for one change.
    folder(home).rename(folder(home).with_name("20260301T110000Z-abc123"))
    made_up.seen = hosts.before()
    with pytest.raises(NotApproved, match="20260301T110000Z-abc123 was made and confirmed with it"):
        through(approval="signed", **given)
    assert made_up.done.count("arm") == 1


def test_while_a_person_is_asked_the_record_says_that_the_run_waits_for_them(
    made_up: MadeUp, home: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def ask(_prompt: str) -> str:
        told.append(runs.read(folder(home)).told)
        return "server-01"

    monkeypatch.setattr("builtins.input", ask)
    change = armed()
    assert told[0].startswith("waits for a person's answer; process ")
    assert runs.read(folder(home)).told.startswith("goes on; process ")
    nb.finish(nb.after(nb.confirm(nb.verify(applied(change)))))
    assert runs.read(folder(home)).told == "as promised"
    assert not list(folder(home).glob(".at-work*"))
    assert record(home).verdict.fact is Fact.CONFIRMED
    assert shown
    assert "confirm" in made_up.done


def test_a_run_that_ended_while_it_waited_keeps_the_journal_that_was_sealed(tmp_path: Path) -> None:
    made = runs.create(tmp_path, "server-01", CHANGE)
    waits = cast("RecordedRun", SimpleNamespace(folder=made, session=SimpleNamespace(clock=CLOCK)))
    with waiting(waits):
        made.end(Outcome(Ending.AS_BEFORE, "server-01", CHANGE, "root", CLOCK.now(), "because"))
        sealed = made.text("journal")
    assert made.text("journal") == sealed


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


WITNESS = f"/var/lib/runbook/{CHANGE}/record.sha256"
EARLIER = "20260101T000000Z-aaaaaa"


def test_the_host_keeps_the_digest_of_its_last_record_and_the_record_that_of_the_one_before(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    before = f"/var/lib/runbook/{EARLIER}/record.sha256"
    made_up.witnessed[before] = f"{'a' * 64}  {EARLIER}/record.json\n".encode()
    through()
    (folder(home).parent / "check").write_bytes(made_up.witnessed[WITNESS])
    subprocess.run(["sha256sum", "-c", "check"], cwd=folder(home).parent, check=True)
    told = record(home).previous_on_host
    assert told is not None
    assert (told.change_id, told.sha256) == (EARLIER, "a" * 64)
    assert shown


@pytest.mark.parametrize("content", [b"", b"\xff", b"a" * 64 + b"  ../../x/record.json\n"])
def test_what_is_no_digest_on_the_host_is_left_out(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, content: bytes
) -> None:
    answer(NOBODY)
    made_up.witnessed[f"/var/lib/runbook/{EARLIER}/record.sha256"] = content
    through()
    assert record(home).previous_on_host is None
    assert shown


@pytest.mark.parametrize("error", [*SILENT, FAILED], ids=("lost", "unforeseen", "full"))
def test_a_host_that_takes_no_digest_is_confirmed_all_the_same(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, error: Exception
) -> None:
    answer(NOBODY)
    made_up.fails["write file"] = error
    through()
    assert record(home).verdict.fact is Fact.CONFIRMED
    assert "not complete" not in page(shown)


def test_a_plan_leaves_nothing_on_the_host(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(AssertionError("nobody is to be asked"))
    through(mode="plan")
    assert made_up.witnessed == {}
    assert home.exists()
    assert shown


def test_a_key_in_the_environment_signs_the_record(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = home / "keys"
    keys.mkdir()
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / "id")]
    subprocess.run(make, check=True)
    monkeypatch.setenv("RUNBOOK_SIGN_WITH", str(keys / "id"))
    answer(NOBODY)
    through()
    public = (keys / "id.pub").read_text()
    (keys / "allowed").write_text(f"anna@example.org {public}")
    assert verify(folder(home), keys / "allowed") == ()
    assert "confirm" in made_up.done
    assert shown


def test_a_key_that_cannot_be_used_is_named_and_harms_no_change(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_SIGN_WITH", str(home / "nowhere"))
    answer(NOBODY)
    through()
    assert record(home).verdict.fact is Fact.CONFIRMED
    assert "record.json.sig (" in page(shown)
    assert made_up.done[-1] != "roll back"


def digest_of_the_plan(home: Path) -> str:
    """As a run with mode=plan shows it."""
    through(mode="plan")
    told = record(home).plan_sha256
    shutil.rmtree(folder(home))
    assert told is not None
    return told


def test_the_digest_that_a_plan_shows_makes_exactly_that_plan(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    digest = digest_of_the_plan(home)
    assert f"-r approved {digest}" in page(shown)
    through(approved=digest, approved_by="bert", ticket="CHG-4711", reason="guests")
    told = record(home)
    assert told.approval is not None
    assert (told.approval.by, told.approval.plan_sha256) == ("bert", digest)
    assert (told.ticket, told.reason) == ("CHG-4711", "guests")
    assert "confirm" in made_up.done


def test_another_plan_than_the_approved_one_is_refused_with_nothing_written(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(AssertionError("nobody is to be asked"))
    with pytest.raises(NotApproved):
        armed(approved="e" * 64)
    told = record(home)
    assert (told.verdict.fact, told.approval) == (Fact.REFUSED, None)
    assert "have changed since" in told.verdict.said
    assert "arm" not in made_up.done
    assert shown
