"""What a notebook says of its run once it is written: nothing that did not happen."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.notebook.jupyter.executed_notebook import is_over, markdown, told_truly
from runbook.notebook.jupyter.volatile_output import WIDGET
from runbook.records.told_outcome import FIRST, outcome_of
from runbook.run.record import CARD_MIME, CHANGE_MIME, MIME, PASSED_MIME

RUNS: dict[str, Any] = {
    "state": "in progress",
    "tone": "note",
    "head": "in progress: preflight",
    "pairs": [["host", "server-01"], ["what", "change"], ["this card", "written at noon"]],
}
ARMED = {**RUNS, "state": "armed", "tone": "warn", "head": "armed until 12:05"}
ENDED = {**RUNS, "state": "ended", "tone": "good", "head": "as promised"}
CHANGE = {
    "state": "armed",
    "host": "server-01",
    "change_id": "20260301T120000Z-abc123",
    "deadline": "2026-03-01T12:05:00+00:00",
}
UNDONE = {"outcome": "as before (rolled back)", "exit": 1, "host": "server-01", "said": "undone"}
BEGAN = "2026-03-01T12:00:00"


def ident(source: str) -> str:
    return f"id-{zlib.crc32(source.encode())}"


def text(words: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "id": ident(words), "source": words}


def code(source: str, *, ran: bool = True, **shown: object) -> dict[str, Any]:
    """A cell as papermill leaves it; what it showed by its type."""
    data = {kind.replace("_", "/"): value for kind, value in shown.items()}
    outputs = [{"output_type": "display_data", "metadata": {}, "data": data}] if data else []
    return {
        "cell_type": "code",
        "id": ident(source),
        "source": source,
        "execution_count": None,
        "outputs": outputs,
        "metadata": {
            "execution": {"iopub.status.busy": BEGAN},
            "papermill": {
                "start_time": BEGAN if ran else None,
                "duration": 0.1,
                "status": "completed" if ran else "pending",
            },
        },
    }


def showing(source: str, data: Mapping[str, object]) -> dict[str, Any]:
    cell = code(source)
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": dict(data)}]
    return cell


def written(*cells: dict[str, Any], over: bool = True) -> list[dict[str, Any]]:
    """The cells, as papermill writes them now."""
    imports = code("from runbook.notebook.routed import cells as nb")
    metadata = {"papermill": {"end_time": BEGAN if over else None}}
    notebook = {
        "cells": [imports, *cells],
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    told = told_truly(json.dumps(notebook))
    read = json.loads(told)
    nbformat.validate(read)
    # Written again, as papermill does at the end, it says the same.
    assert told_truly(told) == told
    found: list[dict[str, Any]] = read["cells"]
    return found


def first(cells: list[dict[str, Any]]) -> str:
    assert cells[0]["id"] == FIRST
    assert [cell["id"] for cell in cells].count(FIRST) == 1
    return plain("".join(cells[0]["source"]))


def plain(words: str) -> str:
    """Markdown as a person reads it."""
    for sign in "-`.()!#_>":
        words = words.replace(f"&#{ord(sign)};", sign)
    return words


def test_while_the_run_goes_on_the_card_is_on_top_and_nothing_is_marked() -> None:
    cells = written(showing("look", {CARD_MIME: RUNS}), code("arm!", ran=False), over=False)
    assert "In progress: preflight" in first(cells)
    assert cells[-1]["outputs"] == []


def test_at_the_end_the_card_is_the_result() -> None:
    cells = written(showing("look", {CARD_MIME: ENDED}), showing("end!", {MIME: {"exit": 0}}))
    assert "✓ As promised" in first(cells)


def test_the_card_of_a_run_that_ended_is_there_once() -> None:
    cells = written(showing("look", {CARD_MIME: ENDED}), showing("end!", {MIME: {"exit": 0}}))
    assert CARD_MIME not in json.dumps(cells)


def test_two_runs_that_tell_the_same_are_written_the_same() -> None:
    def run(at: str, drawn: str) -> str:
        injected = {**code("host = 'server-01'"), "id": drawn}
        injected["metadata"]["tags"] = ["injected-parameters"]
        shown = showing(
            "form",
            {WIDGET: {"model_id": drawn}, "text/html": f"<p>form</p><script>{drawn}</script>"},
        )
        for cell in (injected, shown):
            cell["metadata"]["papermill"] |= {"start_time": at, "end_time": at, "duration": len(at)}
            cell["metadata"]["execution"] = {"iopub.status.busy": at}
        imports = code("from runbook.notebook.routed import cells as nb")
        metadata = {"widgets": {drawn: at}, "papermill": {"end_time": BEGAN, "duration": len(at)}}
        kind = {"nbformat": 4, "nbformat_minor": 5}
        return told_truly(
            json.dumps({"cells": [imports, injected, shown], "metadata": metadata, **kind})
        )

    assert run("noon", "3c6db89c") == run("midnight", "2c1831d1")


FOLDER = "/root/outputs/server-01/20260301T120000Z-abc123"


def test_what_is_of_one_run_only_is_in_one_line_of_the_outcome() -> None:
    def run(number: str, at: str) -> dict[str, Any]:
        folder = f"/root/outputs/server-01/{number}"
        told = {**UNDONE, "folder": folder, "change_id": number, "at": at}
        cells = written(
            showing("look", {CARD_MIME: ENDED, CHANGE_MIME: {**CHANGE, "change_id": number}}),
            showing("end!", {MIME: told, "text/plain": "undone"}),
        )
        (output,) = cells[-1]["outputs"]
        assert outcome_of(output) == {**UNDONE, "folder": folder, "change_id": number}
        assert output.pop("metadata") == {"runbook": {"folder": folder}}
        return {"cells": cells}

    assert run("20260301T120000Z-abc123", BEGAN) == run("20260302T120000Z-def456", "later")


def test_until_the_run_is_over_the_outcome_keeps_its_moment() -> None:
    told = {**UNDONE, "folder": FOLDER, "at": BEGAN}
    cells = written(showing("end!", {MIME: told}), over=False)
    assert outcome_of(cells[-1]["outputs"][0]) == {**told, "change_id": FOLDER[-23:]}


def test_a_run_with_an_outcome_is_over_without_the_times_of_papermill() -> None:
    metadata = {"papermill": {"start_time": BEGAN, "end_time": BEGAN, "output_path": "/x"}}
    cells = [code("from runbook.notebook.undo import cells"), showing("x", {MIME: UNDONE})]
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    told = told_truly(json.dumps(notebook))
    assert json.loads(told)["metadata"] == {"papermill": {}}
    assert is_over(told)


def test_a_notebook_that_is_run_anew_is_not_over() -> None:
    metadata = {"papermill": {"start_time": BEGAN, "end_time": None}}
    cells = [code("from runbook.notebook.undo import cells"), showing("x", {MIME: UNDONE})]
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    assert not is_over(json.dumps(notebook))
    del metadata["papermill"]["start_time"], metadata["papermill"]["end_time"]
    cells[1] = code("look", ran=False)
    assert not is_over(json.dumps(notebook))


def test_a_kernel_that_died_with_the_change_armed_is_told_on_top_with_the_cell_and_the_cure() -> (
    None
):
    cells = written(
        showing("look", {CARD_MIME: ARMED, CHANGE_MIME: CHANGE}),
        code("settled_in = nb.apply(cut_over, 'settle')"),
        code("seen = nb.verify(settled_in)", ran=False),
    )
    told = first(cells)
    assert "The run died with the change armed until 2026-03-01 12:05:00 UTC" in told
    assert "code cell 3 of 4: settled_in = nb.apply" in told
    assert "`runbook status server-01`" in told
    assert "written at noon" not in told
    assert cells[-1]["outputs"][0]["text"] == "not run: the run ended before this cell\n"


def test_a_run_that_ended_before_anything_was_armed_does_not_frighten() -> None:
    cells = written(showing("look", {CARD_MIME: RUNS}), code("plan", ran=False))
    assert "nothing was changed on the host" in first(cells)


def test_an_undo_that_died_sends_its_reader_to_the_host() -> None:
    card = {**RUNS, "pairs": [["host", "server-01"], ["what", "undo"]]}
    cells = written(showing("look", {CARD_MIME: card}), code("plan", ran=False))
    assert "ask the host, runbook status server-01" in first(cells)


def test_a_run_that_died_after_its_confirmation_says_that_the_change_stays() -> None:
    change = {**CHANGE, "state": "confirmed"}
    cells = written(
        showing("look", {CARD_MIME: ARMED, CHANGE_MIME: change}), code("end!", ran=False)
    )
    assert "after the change was confirmed: it stays" in first(cells)


def test_an_undo_without_the_kernel_is_the_result_on_top() -> None:
    cells = written(
        showing("look", {CARD_MIME: ARMED, CHANGE_MIME: CHANGE}), showing("x", {MIME: UNDONE})
    )
    assert "! As before (rolled back)" in first(cells)
    assert "armed until" not in first(cells)


def test_a_section_that_was_not_reached_does_not_promise() -> None:
    promise = "## 9. Confirm\n\nFrom here on the change stays."
    cells = written(
        showing("look", {CARD_MIME: ENDED, MIME: UNDONE}),
        text(promise),
        code("kept = nb.confirm(seen)", ran=False),
    )
    lines = "".join(cells[-2]["source"]).splitlines()
    assert lines[0] == "## 9. Confirm"
    assert lines[2].startswith("**Not reached: the run ended before this section.")


def test_a_section_whose_cells_had_nothing_to_do_says_why() -> None:
    cells = written(
        showing("look", {CARD_MIME: ENDED, MIME: UNDONE}),
        text("## 9. Confirm\n\nFrom here on the change stays."),
        showing("kept", {PASSED_MIME: {"why": "mode is plan"}}),
    )
    assert "**Not done (mode is plan)." in "".join(cells[-2]["source"])


def test_a_section_that_was_reached_stays_as_it_was_written() -> None:
    words = "## 9. Confirm\n\nFrom here on the change stays."
    cells = written(showing("look", {CARD_MIME: ENDED, MIME: UNDONE}), text(words), code("kept"))
    assert cells[-2]["source"] == words


@given(st.text())
def test_no_value_on_the_card_is_markup(value: str) -> None:
    card = {"head": value, "tone": "good", "pairs": [[value, value]]}
    told = markdown(card)
    lines = told.splitlines()
    assert len(lines) == 5
    assert not set("<>`[]*_\\!|") & set(lines[0].removeprefix("## ✓"))
    assert lines[-1].count("|") == 3
    assert "<" not in told


BROKEN = [
    "",
    "[]",
    "{",
    '{"cells": 5}',
    '{"cells": [5]}',
    '{"cells": [{"source": 5}]}',
    "[" * 99999,
]


@pytest.mark.parametrize("content", BROKEN)
def test_what_is_no_notebook_is_written_as_it_is(content: str) -> None:
    assert told_truly(content) == content


def test_a_notebook_of_somebody_else_is_written_as_it_is() -> None:
    theirs = json.dumps({"cells": [code("print('pandas')", ran=False)], "metadata": {}})
    assert told_truly(theirs, over=True) == theirs
