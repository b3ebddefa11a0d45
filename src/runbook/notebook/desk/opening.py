"""The landing page as it opens: the inventory is drawn already, and the page runs its own cells.

What needs no kernel is drawn before the server starts: the hosts of params/, the buttons, the
records. The button below them is pressed by its script once the page has its kernel. JupyterLab
runs a script only in a notebook that is trusted, so the page is signed. Where the script does not
run, a person presses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from runbook import views
from runbook.common.errors import RunbookError
from runbook.common.folders import outputs_folder, params_folder
from runbook.notebook.desk import inventory, records
from runbook.notebook.desk.ask import ask_button
from runbook.params import listing
from runbook.views import Picture


def draw(page: Path, data: Path) -> None:
    """Put the inventory and the records into the page, and sign it with the key in `data`.

    If that fails, the page is as it was: its cells draw the same when they are run.
    """
    try:
        told = _filled(page.read_text("utf-8"), _pictures(page))
        page.write_text(told, "utf-8")
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sign(told, data)
    except (RunbookError, OSError, ValueError):
        return


def _sign(told: str, data: Path) -> None:
    book = nbformat.reads(told, as_version=4)  # type: ignore[no-untyped-call]  # it has none
    notary = NotebookNotary(data_dir=str(data))  # type: ignore[no-untyped-call]  # likewise
    notary.sign(book)  # type: ignore[no-untyped-call]  # likewise


def _pictures(page: Path) -> Mapping[str, Picture]:
    folder = page.parent
    known, runs = listing(params_folder()), tuple(records.rows(outputs_folder()))
    drawn = inventory.picture(inventory.rows_of(known, runs, folder), folder)
    shown = views.stack((views.page_head(), drawn, ask_button("ask the hosts", page)))
    return {"hosts": shown, "records": records.picture(runs, folder)}


def _filled(notebook: str, pictures: Mapping[str, Picture]) -> str:
    book = json.loads(notebook)
    for cell in book["cells"]:
        if picture := pictures.get(cell["id"]):
            data = {"text/plain": repr(picture), "text/html": picture.html()}
            cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data}]
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"
