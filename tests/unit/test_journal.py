from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes

from runbook import journal
from runbook.errors import ReadFailed
from runbook.journal import Journal

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
    assert log.table().to_dict("records") == [
        {
            "step": 1,
            "what": "mkdir",
            "began": "2026-03-01T12:00:00.000Z",
            "ended": "2026-03-01T12:00:00.000Z",
        },
        {"step": 2, "what": "rm", "began": "2026-03-01T12:00:00.000Z", "ended": ""},
    ]


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
