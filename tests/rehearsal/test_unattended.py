"""Which program may write where nobody can be asked: papermill, and none that renders."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(sys.executable).parent
SOURCE = (
    "from runbook.notebook.jupyter.unattended import may_write\nprint('may write:', may_write())"
)


def notebook(folder: Path) -> Path:
    code = {"cell_type": "code", "id": "asks", "metadata": {}, "outputs": [], "source": SOURCE}
    kernel = {"kernelspec": {"name": "runbook", "display_name": "runbook"}}
    cells = [{**code, "execution_count": None}]
    book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path = folder / "asks.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


def run(*words: object) -> None:
    program, *rest = map(str, words)
    argv = [str(HERE / program), *rest]
    subprocess.run(argv, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=240)


def answer(path: Path) -> str:
    (cell,) = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "".join(line for output in cell["outputs"] for line in output["text"]).strip()


def test_papermill_may_write_and_a_rendering_of_what_it_left_may_not(tmp_path: Path) -> None:
    asks, out = notebook(tmp_path), tmp_path / "out.ipynb"
    run("jupyter", "execute", "--inplace", asks)
    assert answer(asks) == "may write: False"
    run("papermill", asks, out)
    assert answer(out) == "may write: True"
    run("jupyter", "execute", "--inplace", out)
    assert answer(out) == "may write: False"
