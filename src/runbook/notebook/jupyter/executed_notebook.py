"""An executed notebook as it is written: its first page on top, and what did not happen marked so.

A kernel can only change its own outputs. So whoever writes the notebook copies the card from them
to the top. Once the run is over, each section that the run did not reach says so in place of what
it would have done, and a run without a result says in which cell it ended.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from runbook.notebook.jupyter.notebook_state import TAG
from runbook.notebook.jupyter.volatile_output import drop_times, drop_volatile
from runbook.records.told_outcome import FIRST, drop_moment, outcome_of
from runbook.run.record import CARD_MIME, CHANGE_MIME, MIME, PASSED_MIME

__all__ = ["FIRST", "is_over", "markdown", "text_of", "told_truly"]

OURS = "runbook.notebook"
NOT_RUN = "not run: the run ended before this cell"
NOT_REACHED = "**Not reached: the run ended before this section. It did nothing of what follows.**"
PASSED = "**Not done ({}). The run did nothing of what this section describes.**"
SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "note": "·"}
# What is markup at the begin of a line only is none in a cell of a table.
_PLAIN = " ,:;/=%'\"@-.()+"


def told_truly(text: str, *, over: bool | None = None) -> str:
    """The notebook's text, with its first page; `over`: its run has ended, None: as it says.

    A notebook that is not ours, and what is no notebook, comes back as it is.
    """
    try:
        notebook = json.loads(text)
        if not any(OURS in _source(cell) for cell in notebook["cells"]):
            return text
        return text_of(notebook, over=over)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text


def text_of(notebook: dict[str, Any], *, over: bool | None = None) -> str:
    """The same of a notebook of ours that is read already; it is altered."""
    _mend(notebook, over=_is_over(notebook) if over is None else over)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def is_over(text: str) -> bool:
    """Whether it is a notebook of ours that papermill has completed, and that tells of a record."""
    notebook = json.loads(text)
    ours = any(OURS in _source(cell) for cell in notebook["cells"])
    told = any(_last(notebook["cells"], kind) for kind in (MIME, CHANGE_MIME))
    return ours and told and _is_over(notebook)


def _mend(notebook: dict[str, Any], *, over: bool) -> None:
    told = [cell for cell in notebook["cells"] if cell.get("id") == FIRST]
    cells = [cell for cell in notebook["cells"] if cell.get("id") != FIRST]
    card, outcome = _last(cells, CARD_MIME), _last_outcome(cells)
    if over and _has_begun(cells):
        _mark_sections(cells)
        if outcome is None:
            card = _without_result(cells, card)
        elif not told if card is None else card["state"] != "ended":
            card = _by_the_outcome(card, outcome)
        if outcome is not None:
            _drop_what_the_end_says(cells)
            drop_times(notebook)
    if card:
        told = [{"cell_type": "markdown", "id": FIRST, "metadata": {}, "source": markdown(card)}]
    notebook["cells"] = [*told, *cells]
    drop_volatile(notebook)


def _drop_what_the_end_says(cells: list[dict[str, Any]]) -> None:
    """The card is on top for good, and the outcome says what came of the change."""
    for cell in cells:
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if CARD_MIME not in o.get("data", {})]
            for output in cell["outputs"]:
                output.get("data", {}).pop(CHANGE_MIME, None)
                drop_moment(output)


def markdown(card: Mapping[str, Any]) -> str:
    """The card as Markdown, in which no value can be markup."""
    rows = "".join(f"| **{_safe(name)}** | {_safe(value)} |\n" for name, value in card["pairs"])
    head = str(card["head"])
    sign = SIGNS.get(str(card.get("tone")), "·")
    return f"## {sign} {_safe(head[:1].upper() + head[1:])}\n\n| | |\n| --- | --- |\n{rows}"


def _safe(value: object) -> str:
    """Each character that Markdown or HTML could read is spelled as HTML has it."""
    line = html.unescape(" ".join(str(value).split()))
    spelled = "".join(c if c.isalnum() or c in _PLAIN else f"&#{ord(c)};" for c in line)
    # Otherwise a reader would make a link of it.
    return spelled.replace("//", "/&#47;").replace("www.", "www&#46;")


def _is_over(notebook: Mapping[str, Any]) -> bool:
    """Whether papermill has written that the notebook is complete.

    Of a run with an outcome the times are left out then.
    """
    told = notebook.get("metadata", {}).get("papermill")
    if told is None:
        return False
    if "end_time" in told:
        return bool(told["end_time"])
    return _last(notebook["cells"], MIME) is not None


def _mark_sections(cells: list[dict[str, Any]]) -> None:
    """Below the text of a section: whether it was reached."""
    for cell in cells:
        if cell["cell_type"] == "code" and not _ran(cell) and not cell.get("outputs"):
            shown = {"output_type": "stream", "name": "stdout", "text": NOT_RUN + "\n"}
            cell["outputs"] = [shown]
    for heading, inside in _sections(cells):
        code = [cell for cell in inside if cell["cell_type"] == "code"]
        passed = [_last([cell], PASSED_MIME) for cell in code]
        if code and not any(_ran(cell) for cell in code):
            _say(heading, NOT_REACHED)
        elif code and all(passed):
            _say(heading, PASSED.format(_safe((passed[0] or {}).get("why", ""))))


def _sections(cells: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each text with a heading, and the cells below it up to the next one."""
    starts = [n for n, cell in enumerate(cells) if _heads(cell)]
    for start, end in pairwise([*starts, len(cells)]):
        yield cells[start], cells[start + 1 : end]


def _heads(cell: Mapping[str, Any]) -> bool:
    return bool(cell["cell_type"] == "markdown" and _source(cell).startswith("## "))


def _say(heading: dict[str, Any], words: str) -> None:
    title, _, rest = _source(heading).partition("\n")
    if words not in rest:
        heading["source"] = f"{title}\n\n{words}\n{rest}"


def _without_result(
    cells: list[dict[str, Any]], card: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """A run that ended without its last word: in which cell, and what that means for the host."""
    change = _last(cells, CHANGE_MIME)
    if card is None and change is None:
        return None
    told = dict(card["pairs"]) if card else _of_the_change(change or {})
    host = told.get("host", "HOST")
    told["result"] = f"none: the run ended in {_where(cells)}"
    told.pop("this card", None)
    told["way back now"] = "not needed: nothing of the change is on the host"
    head, tone = "ended without a result: nothing was changed on the host", "warn"
    if change is not None:
        head, tone = _after_arming(change), "bad"
        told["way back now"] = (
            f"`runbook status {host}` shows the host as it is now; `runbook undo {host}` undoes"
            " what is armed"
        )
    elif str(told.get("what", "")).startswith("undo"):
        head, tone = f"ended without a result: ask the host, runbook status {host}", "bad"
        told["way back now"] = f"`runbook status {host}`"
    return {"state": "ended", "tone": tone, "head": head, "pairs": list(told.items())}


def _of_the_change(change: Mapping[str, Any]) -> dict[str, Any]:
    names = {"host": "host", "change": "change_id", "who": "operator", "record": "folder"}
    return {name: change.get(key, "") for name, key in names.items()}


def _after_arming(change: Mapping[str, Any]) -> str:
    if change.get("state") == "confirmed":
        return "the run died after the change was confirmed: it stays"
    until = ""
    if deadline := change.get("deadline"):
        moment = datetime.fromisoformat(str(deadline)).astimezone(UTC)
        until = f" until {moment:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"the run died with the change armed{until}: unless confirmed, the host undoes it by itself"
    )


def _by_the_outcome(
    card: Mapping[str, Any] | None, outcome: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The last word was spoken without the kernel, which did not draw the card any more."""
    told = dict(card["pairs"]) if card else {"host": outcome.get("host", "")}
    told.pop("this card", None)
    told["result"] = outcome.get("said", "")
    told["ended"] = outcome.get("at", "")
    told["way back now"] = f"`runbook status {outcome.get('host', 'HOST')}` shows the host now"
    tone = "warn" if outcome.get("exit") else "good"
    return {
        "state": "ended",
        "tone": tone,
        "head": outcome.get("outcome", ""),
        "pairs": list(told.items()),
    }


def _where(cells: list[dict[str, Any]]) -> str:
    """The last cell that was begun, by its number and its first line."""
    # papermill adds one of its own, which undoes the change.
    own = [cell for cell in cells if TAG not in cell["metadata"].get("tags", ())]
    code = [cell for cell in own if cell["cell_type"] == "code"]
    begun = [(n, cell) for n, cell in enumerate(code, start=1) if _ran(cell)]
    if not begun:
        return "no cell"
    number, cell = begun[-1]
    lines = [line for line in _source(cell).splitlines() if line.strip()]
    return f"code cell {number} of {len(code)}: {lines[-1] if lines else ''}"


def _has_begun(cells: list[dict[str, Any]]) -> bool:
    return any(_ran(cell) for cell in cells)


def _ran(cell: Mapping[str, Any]) -> bool:
    """Whether the cell was begun: by papermill's word, otherwise by its number."""
    if cell["cell_type"] != "code":
        return False
    told = cell["metadata"].get("papermill")
    if told and "start_time" in told:
        return bool(told["start_time"])
    if told:
        # Written once already, without its times; the status was mended before that.
        return bool(told.get("status") != "pending")
    return cell.get("execution_count") is not None


def _last(cells: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    """The last output of this type."""
    found = [
        output["data"][kind]
        for cell in cells
        for output in cell.get("outputs", ())
        if kind in output.get("data", {})
    ]
    return found[-1] if found and isinstance(found[-1], dict) else None


def _last_outcome(cells: list[dict[str, Any]]) -> Mapping[str, Any] | None:
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    found = [told for output in outputs if (told := outcome_of(output)) is not None]
    return found[-1] if found else None


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell.get("source", ""))
