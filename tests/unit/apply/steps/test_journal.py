from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes

from runbook.apply.steps import journal
from runbook.apply.steps.journal import Journal, JournalRow, State
from runbook.common.errors import ReadFailed

PATH = "/var/lib/runbook/x/journal"


def host(text: str = "") -> fakes.FakeHost:
    made = fakes.FakeHost()
    made.hold(PATH, text)
    return made


def test_a_journal_that_is_not_there_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(ReadFailed, match=PATH):
        journal.read(fakes.FakeHost(), PATH)


def test_a_step_that_began_and_did_not_end_is_told_apart() -> None:
    there = host()
    for event in ("step 1 begins: mkdir", "step 1 done", "step 2 begins: rm"):
        journal.write(there, PATH, fakes.NOON, event)
    log = journal.read(there, PATH)
    assert log.begun() == {1, 2}
    assert log.done() == {1}
    noon = "2026-03-01T12:00:00.000Z"
    assert log.rows() == (JournalRow(1, "mkdir", noon, noon), JournalRow(2, "rm", noon, ""))


@given(st.integers(1, 999), st.text())
def test_no_text_of_a_step_can_make_a_line_of_its_own(number: int, what: str) -> None:
    there = host()
    journal.write(there, PATH, fakes.NOON, f"step {number} begins: {what}\nstep 7 done")
    log = journal.read(there, PATH)
    assert there.text(PATH).count("\n") == 1
    assert log.begun() == {number}
    assert log.done() == set()


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["begins: x", "done", "skipped"]))))
def test_what_began_and_what_is_done_are_the_steps_that_were_written(
    events: list[tuple[int, str]],
) -> None:
    there = host()
    for number, word in events:
        journal.write(there, PATH, fakes.NOON, f"step {number} {word}")
    log = journal.read(there, PATH)
    assert log.begun() == {number for number, word in events if word == "begins: x"}
    assert log.done() == {number for number, word in events if word == "done"}


def test_lines_of_the_undo_are_no_steps_and_say_that_it_began() -> None:
    log = Journal("2026-03-01T12:00:00Z undo (deadline): begins\n")
    assert log.undo_began
    assert log.begun() == set()
    assert not Journal("2026-03-01T12:00:00Z step 1 begins: ip link\n").undo_began


def test_a_damaged_line_does_not_hide_the_others() -> None:
    there = host()
    journal.write(there, PATH, fakes.NOON, "step 1 begins: a")
    journal.write(there, PATH, fakes.NOON, "step 1 done")
    there.hold(PATH, there.text(PATH) + "\0\0\0\0\n2026-03-01T12:0")
    assert journal.read(there, PATH).done() == {1}


def undo(*said: str, why: str = "deadline") -> str:
    return "".join(f"2026-03-01T12:00:09Z undo ({why}): {line}\n" for line in said)


NOTHING = "the change is not armed, or not any more: nothing to do"
WELL, BADLY = "finished: the host is as it was before the change", "finished, but something is not"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", None),
        ("t step 1 begins: x\n", None),
        ("t armed by me, undone at noon\n", State.ARMED),
        ("t armed by me\nt stood down: why\n", State.STOOD_DOWN),
        ("t confirming, by me\n", State.CONFIRMING),
        ("t confirming, by me\nt confirmed: it stays\n" + undo(NOTHING), State.CONFIRMED),
        (undo("begins", "cannot put back /x"), State.UNDOING),
        (undo("begins", BADLY), State.INCOMPLETE),
        (undo("begins", BADLY, "begins", WELL, NOTHING), State.UNDONE),
        ("t step 1 begins: confirmed: ha\n", None),
        ("t undo (x): confirmed: ha\n", None),
    ],
)
def test_the_last_word_on_a_change_is_told(text: str, state: State | None) -> None:
    last = Journal(text).last
    assert (last.state if last else None) == state


def test_an_undo_that_found_nothing_to_do_did_not_begin() -> None:
    assert not Journal(undo(NOTHING)).undo_began


def test_what_the_last_undo_could_not_do_is_told_and_no_more_than_that() -> None:
    boot = undo("begins", "cannot put back /x", why="boot")
    text = undo("begins", "cannot put back /old", BADLY) + boot
    text += undo("begins", "cannot remove /y", BADLY, NOTHING, why="announce")
    assert Journal(text).remarks() == ("cannot put back /x", "cannot remove /y")


def test_a_comparison_counts_for_the_undo_before_it_only() -> None:
    done = undo("begins", WELL)
    assert Journal(done).compared == ""
    assert Journal(f"{done}t {journal.AS_BEFORE}\n").compared == journal.AS_BEFORE
    assert Journal(f"{done}t {journal.AS_BEFORE}\nt {journal.DIFFERS}: ; - x\n").compared == (
        journal.DIFFERS
    )
    assert Journal(f"{done}t {journal.AS_BEFORE}\n{done}").compared == ""


def test_each_move_of_the_deadline_is_told_with_its_reason() -> None:
    there = host()
    moved = f"{journal.MOVED} 2026-03-01T12:01:35Z, 95 s from now, because step 9 may take"
    journal.write(there, PATH, fakes.NOON, "step 1 begins: x")
    journal.write(there, PATH, fakes.NOON, moved)
    assert journal.read(there, PATH).moves() == (moved,)
