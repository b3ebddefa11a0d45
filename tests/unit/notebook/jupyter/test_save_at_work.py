from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from papermill.iorw import papermill_io

from runbook.common.redact import redact_notebook
from runbook.notebook.jupyter import save_at_work
from runbook.notebook.jupyter.executed_notebook import FIRST, told_truly
from runbook.run.record import CARD_MIME

CARD = {"state": "at work", "head": "a change of server-01", "pairs": [["host", "server-01"]]}


def notebook(*outputs: Any) -> Any:  # noqa: ANN401 - nbformat has no types
    source = 'from runbook.notebook.routed import cells as nb\npassword = "hunter2hunter2"\n'
    code = new_code_cell(source, outputs=list(outputs), metadata={"trusted": True})  # type: ignore[no-untyped-call]
    cells = [new_markdown_cell("## A change\n\nOf a host."), code]  # type: ignore[no-untyped-call]
    return new_notebook(cells=cells, metadata={"papermill": {"end_time": None}})  # type: ignore[no-untyped-call]


def shown(mime: str, data: object) -> Any:  # noqa: ANN401 - likewise
    return new_output("display_data", data={mime: data})  # type: ignore[no-untyped-call]


def saved(path: Path, nb: Any) -> str:  # noqa: ANN401 - likewise
    manager = SimpleNamespace(nb=nb, output_path=str(path), now=lambda: "now", last_save_time="")
    save_at_work.save(manager)
    assert manager.last_save_time == "now"
    return path.read_text()


def test_an_output_that_json_does_not_know_is_saved_in_papermills_way(tmp_path: Path) -> None:
    odd = notebook(shown("image/png", ""))
    odd.cells[1].outputs[0].data["image/png"] = b"aGVsbG8="
    assert "aGVsbG8=" in saved(tmp_path / "out.ipynb", odd)


def test_a_card_of_another_form_keeps_nothing_from_being_saved(tmp_path: Path) -> None:
    assert "no pairs" in saved(
        tmp_path / "out.ipynb", notebook(shown(CARD_MIME, {"head": "no pairs"}))
    )


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    text = "the password is hunter2hunter2\n"
    nb = notebook(new_output("stream", text=text))  # type: ignore[no-untyped-call]
    assert "hunter2" not in saved(tmp_path / "out.ipynb", nb)
    assert "hunter2" in nb.cells[1].source


@pytest.mark.parametrize("times", [1, 2])
def test_the_file_is_what_papermills_own_way_would_have_come_to(tmp_path: Path, times: int) -> None:
    nb = notebook(shown(CARD_MIME, CARD), shown("text/plain", "one\ntwo\n"))
    plain = told_truly(redact_notebook(nbformat.writes(nb)))  # type: ignore[no-untyped-call]
    for _ in range(times):
        told = saved(tmp_path / "out.ipynb", nb)
        assert json.loads(told) == json.loads(plain)
    assert json.loads(told)["cells"][0]["id"] == FIRST
    assert nb.cells[0].id != FIRST


def test_where_nothing_is_to_be_written_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papermill_io, "write", None)
    save_at_work.save(SimpleNamespace(nb=None, output_path=None, now=lambda: "now"))
