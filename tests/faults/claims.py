"""What an executed notebook and its run folder claim, held against the host."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from tests.faults.scene import HANGS, Scene

from runbook.notebook.jupyter import executed_notebook
from runbook.run.record import MIME

MAY_BE_ARMED, STAYS = "may still be armed", "it stays"
NOT_SAVED = "The notebook cannot be written"
# What the first page of a notebook begins with, and what is so then.
FIRST = {
    "as promised": "as promised and confirmed",
    "confirmed: the change stays": "as promised and confirmed",
    "the run died after the change was confirmed": "as promised and confirmed",
    "as before (rolled back)": "as before",
    "ended without a result: nothing was changed": "as before",
}
ENDS = {"as before (rolled back)": "as before", "as promised": "as promised and confirmed"}


@dataclass(frozen=True, slots=True)
class Claims:
    """The last word of the notebook and of the folder; '' where there is none."""

    shown: str
    kept: str
    # Whether papermill calls every cell completed, and names no error.
    completed: bool
    text: str
    # Whether papermill said that it could not save the notebook as it was in the end.
    unsaved: bool
    # The line in large letters at the top, in small letters.
    first: str = ""
    # Why the notebook is no valid one.
    invalid: str = ""

    @property
    def word(self) -> str:
        """What a reader of the notebook takes it to say, in short."""
        if self.shown:
            return self.shown
        if MAY_BE_ARMED in self.text:
            return MAY_BE_ARMED
        if STAYS in self.text:
            return "confirmed"
        return "all is completed" if self.completed else "not ended"

    def wrong(self, end: str, status: int, *, armed_at_exit: bool) -> Iterator[str]:
        """Each claim that is not so, a line each."""
        yield from self._of_the_first_page(end, armed_at_exit=armed_at_exit)
        for whose, word in (("the notebook", self.shown), ("the folder", self.kept)):
            if ENDS.get(word, end) != end:
                yield f"{whose} says {word}, and it is {end}"
        if self.shown and self.kept and self.shown != self.kept:
            yield f"the notebook says {self.shown}, its folder {self.kept}"
        if status == 0 and "as promised" not in (self.shown, self.kept):
            yield "exit status 0, and nothing says that all is as promised"
        if self.completed and not (self.shown or self.kept):
            yield "every cell is called completed, and there is no last word"
        # Who is killed says nothing more; whoever ends by itself has to.
        if armed_at_exit and status not in (-9, HANGS) and not self._says_so:
            yield f"papermill ended, the host was armed, and the notebook says: {self.word}"

    def _of_the_first_page(self, end: str, *, armed_at_exit: bool) -> Iterator[str]:
        if self.invalid:
            yield f"the notebook is not valid: {self.invalid}"
        for head, so in FIRST.items():
            if self.first.startswith(head) and so != end:
                yield f"the first page says {self.first}, and it is {end}"
        if armed_at_exit and self.first.startswith("ended without a result: nothing"):
            yield f"the host was armed, and the first page says {self.first}"

    @property
    def _says_so(self) -> bool:
        return MAY_BE_ARMED in self.text or self.unsaved


def claims(scene: Scene) -> Claims:
    """Read the notebook and the folder of this run."""
    cells = _cells(scene.out)
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    told = [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
    shown = str(told[-1]["outcome"]) if told else ""
    states = {cell["metadata"].get("papermill", {}).get("status") for cell in cells}
    errors = any(output["output_type"] == "error" for output in outputs)
    text = "\n".join(line for o in outputs for line in o.get("traceback", ()))
    unsaved = NOT_SAVED in scene.log.read_text()
    completed = states == {"completed"} and not errors
    page = (_first_page(scene.out), _invalid(scene.out))
    return Claims(shown, _kept(scene), completed, text, unsaved, *page)


def _invalid(path: Path) -> str:
    """Why it is no valid notebook; '' if it is one, or was never written."""
    try:
        nbformat.validate(json.loads(path.read_text()))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, nbformat.ValidationError) as error:
        return str(error).partition("\n")[0]
    return ""


def _cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in _all_cells(path) if cell["cell_type"] == "code"]


def _all_cells(path: Path) -> list[dict[str, Any]]:
    try:
        cells: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    except (OSError, ValueError):
        return []
    return cells


def _first_page(path: Path) -> str:
    for cell in _all_cells(path):
        if cell.get("id") == executed_notebook.FIRST:
            head = "".join(cell["source"]).partition("\n")[0]
            return html.unescape(head).removeprefix("## ")[2:].lower()
    return ""


def _kept(scene: Scene) -> str:
    """Of the first run folder that is new: an undo by papermill has one of its own."""
    hidden = scene.disk.hidden if scene.disk else frozenset()
    new = sorted(scene.folders() - scene.before - hidden)
    try:
        return str(json.loads((new[0] / "outcome.json").read_text())["outcome"])
    except (IndexError, OSError, ValueError):
        return ""
