from __future__ import annotations

import errno
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from IPython.core.error import StdinNotImplementedError
from tests.unit import hosts
from tests.unit.notebook.conftest import CHANGE, MadeUp

from runbook.apply.verify import Verdict
from runbook.common.errors import (
    ConnectionLost,
    GoToTheConsole,
    ParameterError,
    Refused,
    RolledBack,
    StalePlan,
    StepFailed,
)
from runbook.notebook.routed import cells as nb
from runbook.notebook.routed.change import OutOfTurn
from runbook.notebook.shared.ending import RunHasEnded
from runbook.notebook.shared.runs import Stopped
from runbook.notebook.shared.values import Before, ChangeUnderway, Finished, VerifiedChange
from runbook.plan.plan import PHASES
from runbook.plan.promise.check import Check
from runbook.preflight import Finding, RefusedByPreflight
from runbook.run import record
from runbook.run.failures import NotAsPromised
from runbook.run.record import MIME, RunRecord
from runbook.transport.router import RouterSays

Answer = Callable[[str | BaseException], None]
NOBODY = StdinNotImplementedError()
FOUR = {"host": "server-01", "state": "half made", "then": "wait"}
KEPT = Check("a", "b", "b", kept=True)
WRITES = {"arm", *PHASES, "verify", "confirm", "roll back"}


def look(**injected: object) -> Before:
    asked = nb.parameters({"host": "server-01", **injected})
    return nb.look(nb.settle(nb.choose(nb.meet(asked))))


def armed(**injected: object) -> ChangeUnderway | Stopped:
    return nb.arm(nb.preflight(nb.plan(look(**injected))))


def applied(change: ChangeUnderway | Stopped) -> ChangeUnderway | Stopped:
    for phase in PHASES:
        change = nb.apply(change, phase)
    return change


def through(**injected: object) -> None:
    """Every cell of the notebook."""
    nb.finish(nb.after(nb.confirm(nb.verify(applied(armed(**injected))))))


def recorded(home: Path) -> RunRecord:
    return record.read(home / "outputs" / "server-01" / CHANGE)


def outcomes(shown: list[Any]) -> list[Mapping[str, Any]]:
    return [thing[MIME] for thing in shown if isinstance(thing, dict) and MIME in thing]


def page(shown: list[Any]) -> str:
    return "\n".join(t["text/plain"] if isinstance(t, dict) else t for t in shown)


def test_a_change_as_promised_is_recorded_whole(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    through()
    assert [d for d in made_up.done if d in WRITES] == ["arm", *PHASES, "verify", "confirm"]
    told = recorded(home)
    assert told.told == "as promised"
    assert {
        "params.json", "before.json", "plan.json", "preflight.json", "approval.json", "undo",
        "journal", "verdict.json", "after.json", "diff.json", "outcome.json",
    } <= set(told.products)  # fmt: skip
    assert outcomes(shown)[0]["folder"] == str(told.path)
    assert "AS PROMISED" in page(shown)


def test_each_move_of_the_deadline_is_on_the_page_under_its_phase(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    change = armed()
    assert isinstance(change, ChangeUnderway)
    plan = change.underway.armed.plan
    moved = {
        phase: f"deadline moved to {{}}, because step {plan.steps(phase)[0].number} may take"
        for phase in PHASES
    }
    made_up.moves = [line.format("2026-03-01T12:01:35Z") for line in moved.values()]
    for phase in PHASES:
        shown.clear()
        change = nb.apply(change, phase)
        # With its moment as people write it.
        lines = [line.format("2026-03-01 12:01:35 UTC") for line in moved.values()]
        here = moved[phase].format("2026-03-01 12:01:35 UTC")
        assert [line for line in lines if line in page(shown)] == [here]
    assert home.exists()


def test_mode_plan_writes_nothing_and_says_so_in_every_later_cell(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(AssertionError("nobody is to be asked"))
    through(mode="plan")
    assert not WRITES & set(made_up.done)
    assert recorded(home).told == "planned only"
    assert page(shown).count("mode is plan: nothing was written") == 8


def test_a_host_that_is_as_promised_has_nothing_to_do(
    made_up: MadeUp, home: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "runbook.plan.promise.host.Promise.checks", lambda *_: (Check("a", "b", "b", kept=True),)
    )
    made_up.seen = hosts.after()
    through()
    assert not WRITES & set(made_up.done)
    assert recorded(home).told == "nothing to do"
    assert "Nothing to do" in page(shown)


@pytest.mark.parametrize(
    "typed", ["", "yes", "server-02", "SERVER-01", EOFError(), KeyboardInterrupt()]
)
def test_any_other_answer_writes_nothing(
    typed: str | BaseException, made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(typed)
    through()
    assert not WRITES & set(made_up.done)
    assert recorded(home).told == "planned only"
    assert "not approved" in page(shown)


def test_the_host_s_name_typed_lets_the_plan_shown_go_on(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer("server-01 ")
    through()
    assert "confirm" in made_up.done
    kept = json.loads((recorded(home).path / "approval.json").read_text())
    assert kept["how"] == "the host's name was typed"
    assert kept["plan"] in page(shown)


def test_a_name_that_no_parameter_has_stops_before_any_contact(made_up: MadeUp) -> None:
    with pytest.raises(ParameterError, match="gatway"):
        look(gatway="172.16.0.2")
    assert made_up.done == []


def test_a_refusal_shows_its_findings_and_is_recorded(
    made_up: MadeUp, home: Path, shown: list[Any]
) -> None:
    found = Finding("block", "enp4s0f0", "it is already part of bond0", "one master", "take it out")
    made_up.fails["preflight"] = RefusedByPreflight("server-01", (found,))
    with pytest.raises(Refused):
        through()
    assert recorded(home).told == "refused"
    assert "already part of bond0" in page(shown)
    assert outcomes(shown)[0]["exit"] == 1
    assert not WRITES & set(made_up.done)


def test_a_host_that_moved_on_since_the_plan_is_not_armed(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    assert shown == []
    answer(NOBODY)
    made_up.fails["arm"] = StalePlan("the host has changed", **FOUR)
    with pytest.raises(StalePlan):
        through()
    assert recorded(home).told == "refused"
    assert "roll back" not in made_up.done


@pytest.mark.parametrize("stage", [*PHASES, "verify", "confirm"])
@pytest.mark.parametrize(
    "error",
    [
        StepFailed("disk full", **FOUR),
        ConnectionLost("gone", **FOUR),
        KeyboardInterrupt(),
        ValueError("bug"),
    ],
)
def test_whatever_goes_wrong_once_armed_is_undone_recorded_and_raised(
    stage: str, error: BaseException, made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    made_up.fails[stage] = error
    with pytest.raises(RolledBack) as raised:
        through()
    assert made_up.done[-1] == "roll back"
    assert recorded(home).told == "as before (rolled back)"
    assert {"after.json", "diff.json", "error.txt", "journal-of-the-host"} <= set(
        recorded(home).products
    )
    assert outcomes(shown)[0]["exit"] == 1
    assert "no difference" in page(shown)
    for sentence in ("host:      server-01", "state now:", "do next:"):
        assert sentence in str(raised.value)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("gone", ["keep_error", "keep_verdict", "views.note"])
def test_a_record_or_a_page_that_takes_no_more_keeps_no_host_from_its_undo(
    made_up: MadeUp, answer: Answer, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    answer("server-01")
    change = applied(armed())

    def full(*_: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    verdict = Verdict((Check("a", "b", "c", kept=False),))
    made_up.fails["verify"] = NotAsPromised("server-01", verdict)
    monkeypatch.setattr(f"runbook.notebook.shared.undoing.{gone}", full)
    with pytest.raises((OSError, RolledBack)):
        nb.verify(change)
    assert "roll back" in made_up.done


CELLS: tuple[Callable[[Any], Any], ...] = (
    *(lambda change, phase=phase: nb.apply(change, phase) for phase in PHASES),
    nb.verify,
    nb.confirm,
    nb.after,
)


def through_all(value: Any, cells: Sequence[Callable[[Any], Any]] = CELLS) -> Any:  # noqa: ANN401 - one value after the other
    for cell in cells:
        value = cell(value)
    return value


def disk_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("create", "append", "alone"):
        monkeypatch.setattr(f"runbook.common.atomic_files.{name}", full)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("full_before", range(len(CELLS)))
def test_a_record_disk_that_fills_up_keeps_no_change_from_its_verdict(
    made_up: MadeUp,
    shown: list[Any],
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    full_before: int,
) -> None:
    answer("server-01")
    value = through_all(armed(), CELLS[:full_before])
    disk_full(monkeypatch)
    nb.finish(through_all(value, CELLS[full_before:]))
    assert "roll back" not in made_up.done
    assert outcomes(shown)[-1]["outcome"] == "as promised"
    assert "The record is not complete" in page(shown)
    assert "outcome.json (No space left on device)" in page(shown)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("failing", ["network", "verify", "confirm"])
def test_a_record_disk_that_is_full_keeps_no_host_from_its_undo_and_no_reader_from_the_verdict(
    made_up: MadeUp,
    shown: list[Any],
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    answer("server-01")
    made_up.fails[failing] = OSError("the connection broke")
    value = armed()
    disk_full(monkeypatch)
    with pytest.raises(RolledBack):
        through_all(value)
    assert made_up.done[-1] == "roll back"
    assert outcomes(shown)[-1]["outcome"] == "as before (rolled back)"


def test_a_broken_promise_shows_which(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    broken = Check("probe 10.99.0.2", "answers, as before", "no answer", kept=False)
    made_up.fails["verify"] = NotAsPromised("server-01", Verdict((broken,)))
    with pytest.raises(RolledBack, match=r"probe 10\.99\.0\.2"):
        through()
    assert "✗ broken  probe 10.99.0.2" in page(shown)
    assert "verdict.json" in recorded(home).products


def test_an_undo_that_leaves_rows_behind_sends_the_operator_to_the_console(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    made_up.fails["cutover"] = StepFailed("refused", **FOUR)
    made_up.undone = hosts.after()
    with pytest.raises(GoToTheConsole):
        through()
    assert recorded(home).told == "unknown: go to the console"
    assert "virbr1 inet 172.16.1.1" in page(shown)


@pytest.mark.parametrize(
    "error", [GoToTheConsole("silent", **FOUR), KeyboardInterrupt(), OSError("?")]
)
def test_an_undo_that_is_not_seen_to_end_is_never_called_done(
    error: BaseException, made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    assert shown == []
    answer(NOBODY)
    made_up.fails |= {"cutover": StepFailed("refused", **FOUR), "roll back": error}
    with pytest.raises(GoToTheConsole) as raised:
        through()
    assert recorded(home).told == "unknown: go to the console"
    if not isinstance(error, GoToTheConsole):
        assert f"sh /var/lib/runbook/{CHANGE}/undo" in str(raised.value)


def test_a_confirmed_change_whose_host_then_falls_silent_is_not_a_success(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    assert shown == []
    answer(NOBODY)
    made_up.fails["read again"] = ConnectionLost("gone", **FOUR)
    with pytest.raises(GoToTheConsole):
        through()
    assert recorded(home).told == "unknown: go to the console"


def test_a_cell_that_was_run_shows_what_was_made_and_makes_nothing(
    made_up: MadeUp, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    change = armed()
    nb.apply(change, "prepare")
    again = nb.apply(change, "prepare")
    assert isinstance(again, ChangeUnderway)
    assert made_up.done.count("prepare") == 1
    assert "This cell did nothing" in page(shown)
    seen = nb.verify(applied(again))
    assert isinstance(seen, VerifiedChange)
    assert made_up.done.count("prepare") == 1


def test_arming_twice_shows_what_is_armed_and_does_nothing(
    made_up: MadeUp, answer: Answer, shown: list[Any]
) -> None:
    answer(NOBODY)
    cleared = nb.preflight(nb.plan(look()))
    first = nb.arm(cleared)
    shown.clear()
    second = nb.arm(cleared)
    assert "The undo is armed already" in page(shown)
    assert isinstance(first, ChangeUnderway)
    assert isinstance(second, ChangeUnderway)
    assert second.hand is first.hand
    assert made_up.done.count("arm") == 1
    assert "roll back" not in made_up.done


def test_verifying_half_a_change_is_out_of_turn_and_undoes_nothing(
    made_up: MadeUp, answer: Answer
) -> None:
    answer(NOBODY)
    change = armed()
    for half in (change, nb.apply(change, "prepare")):
        with pytest.raises(OutOfTurn):
            nb.verify(half)
    assert "roll back" not in made_up.done


def test_after_the_last_word_no_cell_writes(made_up: MadeUp, answer: Answer) -> None:
    answer(NOBODY)
    change = armed()
    finished = nb.after(nb.confirm(nb.verify(applied(change))))
    assert isinstance(finished, Finished)
    nb.finish(finished)
    nb.finish(finished)
    done = list(made_up.done)
    for cell in (lambda: nb.verify(applied(change)), lambda: nb.plan(look()), armed):
        with pytest.raises((RunHasEnded, OutOfTurn)):
            cell()
    assert not set(made_up.done[len(done) :]) & WRITES


def test_planning_again_after_the_form_was_changed_keeps_both_plans(
    made_up: MadeUp, home: Path
) -> None:
    before = look()
    nb.plan(before)
    nb.plan(before)
    assert {"plan.json", "plan-2.json"} <= set(recorded(home).products)
    assert not WRITES & set(made_up.done)


def test_a_stopped_run_goes_by_every_cell_untouched(made_up: MadeUp) -> None:
    stop = armed(mode="plan")
    assert isinstance(stop, Stopped)
    assert nb.after(nb.confirm(nb.verify(applied(stop)))) is stop
    assert not WRITES & set(made_up.done)


@pytest.mark.parametrize(
    ("said", "shows"),
    [
        (RouterSays("gw", (), "no answer within 12 s"), "no answer within 12 s"),
        (RouterSays("gw", ("02:00:00:00:00:01",), ""), "02:00:00:00:00:01"),
    ],
)
def test_what_the_router_itself_holds_is_on_the_page(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer, said: RouterSays, shows: str
) -> None:
    answer(NOBODY)
    made_up.probed = replace(made_up.probed, router=said)
    through(mode="plan")
    assert f"gw has in its ARP table for this host: {shows}" in page(shown)
    assert home.exists()


def test_the_plan_shows_its_edits_and_the_boot_after_it(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    through(mode="plan")
    assert made_up.done
    assert home.exists()
    assert f"+iface {hosts.NIC} inet manual" in page(shown)
    assert "What a boot would do once the plan is made" in page(shown)


def test_what_the_next_boot_would_do_is_on_the_page_before_the_change_is_confirmed(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    made_up.fails["confirm"] = KeyboardInterrupt()
    with pytest.raises(RolledBack):
        through()
    assert "What the next boot would do, in order" in page(shown)
    assert "hook of runbook" in page(shown)
    assert home.exists()


def test_a_rules_file_is_shown_first_and_explained_last(
    made_up: MadeUp, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer(NOBODY)
    text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p 99 -j ACCEPT\nCOMMIT\n"
    (home / "params" / "lan.rules").write_text(text)
    through(rules="lan.rules")
    assert made_up.done
    head, tail = page(shown).split("The final values", 1)
    assert "The rules of params/lan.rules" in head
    # The made-up host was never given the rule.
    assert "2 rules, 1 unexplained" in tail
    assert "rules.json" in recorded(home).products


def test_a_rules_file_that_is_none_stops_the_first_cell(home: Path) -> None:
    (home / "params" / "lan.rules").write_text("iptables: oops\n")
    with pytest.raises(ParameterError, match="line 1"):
        nb.parameters({"host": "server-01", "rules": "lan.rules"})
