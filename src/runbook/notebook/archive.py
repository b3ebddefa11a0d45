"""`runbook archive`: the executed notebook joins its run folder, as a notebook and as a page."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from runbook.common import atomic_files, handed_files, octets
from runbook.common.errors import CorrectParameters
from runbook.common.redact import redact_notebook
from runbook.notebook.jupyter.executed_notebook import told_truly
from runbook.records import later_manifest
from runbook.records.close import QUIET
from runbook.records.files import MANIFEST
from runbook.records.make_manifest import last_moment
from runbook.records.manifest import Fault, load, verify
from runbook.records.seal import seal
from runbook.records.signature import SIGN_WITH
from runbook.records.told_outcome import outcome_of
from runbook.run import at_work, record
from runbook.run.at_work import Life
from runbook.run.record import CARD_MIME, CHANGE_MIME, NOTEBOOK, OUTCOME, PAGE

CHANGE_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{1,16}")
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def file_away(notebook: Path, outputs: Path) -> tuple[Path, Path]:
    """Where notebook and page were filed; raises CorrectParameters if it tells of no run.

    The record of a run that died is sealed first, if the run cannot go on any more.
    """
    # It imports nbconvert, which papermill need not wait for.
    from runbook.views.page.document import page  # noqa: PLC0415

    text, folder = _filed(notebook, outputs)
    _create(folder / PAGE, page(text, _title(folder)))
    _join(notebook, folder, "page", PAGE)
    return folder / NOTEBOOK, folder / PAGE


def as_pdf(folder: Path) -> bytes:
    """The page of a record, printed; raises CorrectParameters without a notebook that was sealed.

    Paper has no manifest by which a reader could see that somebody wrote another notebook.
    """
    from runbook.views.page.document import page  # noqa: PLC0415 - as above
    from runbook.views.page.pdf import pdf  # noqa: PLC0415 - likewise

    notebook = folder / NOTEBOOK
    if not notebook.is_file():
        raise CorrectParameters(
            f"no PDF was made: {folder} has no executed notebook",
            state="the records are as they were",
            then="file it with `runbook archive NOTEBOOK.ipynb`, then try again",
        )
    _refuse_altered(folder)
    return pdf(page(told_truly(_text(notebook), over=True), _title(folder)))


def _refuse_altered(folder: Path) -> None:
    """A file that lies beside a record says nothing, unless it is the notebook itself."""
    wrong = [one for one in verify(folder) if one.fault != Fault.EXTRA or one.name == NOTEBOOK]
    if wrong:
        told = "; ".join(f"{one.name}: {one.text}" for one in wrong)
        raise CorrectParameters(
            f"no PDF was made: {folder.parent.name}/{folder.name} is not as it was sealed: {told}",
            state="the records are as they were",
            then="restore it from a copy; a record whose run died is sealed by `runbook records"
            " close`, and a notebook by `runbook archive NOTEBOOK.ipynb`",
        )


def _title(folder: Path) -> str:
    """What a browser shows in its tab: whose record it is, and how the run ended."""
    host, change_id = folder.parent.name, folder.name
    try:
        return f"{host}: {load(folder).predicate.verdict.words} ({change_id})"
    except (OSError, ValueError):
        return f"{host}: {change_id}"


def file_notebook(notebook: Path, outputs: Path) -> Path:
    """The same without the page, for papermill: the next run may write to the same file."""
    _, folder = _filed(notebook, outputs)
    return folder / NOTEBOOK


def _filed(notebook: Path, outputs: Path) -> tuple[str, Path]:
    try:
        text = octets.valid_json(told_truly(redact_notebook(_text(notebook)), over=True))
    except RecursionError:
        raise _refusal(notebook, "it is nested too deep", "file what `papermill` wrote") from None
    folder = _run_folder(notebook, text, outputs)
    _seal_what_died(notebook, text, folder)
    _create(folder / NOTEBOOK, text)
    _join(notebook, folder, "notebook", NOTEBOOK)
    return text, folder


def _join(notebook: Path, folder: Path, action: str, name: str) -> None:
    """A sealed record has to say that the file belongs to it, or it would count as added."""
    try:
        later_manifest.join(folder, action, (name,), os.environ.get(SIGN_WITH, ""))
    except OSError as error:
        why = f"it is in {folder}, but its manifest there could not be written: {error}"
        raise _refusal(notebook, why, "make that folder writable, then file it again") from error


def _seal_what_died(notebook: Path, text: str, folder: Path) -> None:
    """Seal a record that its run did not seal; refuse if the run may still go on."""
    run = record.Folder(folder)
    if run.has(MANIFEST):
        return
    document = json.loads(text)["metadata"].get("papermill")
    over = (isinstance(document, dict) and document.get("end_time")) or run.has(OUTCOME)
    last, work = last_moment(run), at_work.look(folder, ())
    silent = work.life is Life.DIED or datetime.now(UTC) - last >= QUIET
    if not over and (work.goes_on or not silent):
        why = f"its run wrote its last line at {last:%H:%M} UTC, and may go on"
        host = folder.parent.name
        raise _refusal(
            notebook, why, f"file it an hour later; `runbook status {host}` shows it now"
        )
    try:
        seal(run, last, sign_with=os.environ.get(SIGN_WITH, ""))
    except (OSError, ValueError) as error:
        why = f"its run folder {folder} cannot be read: {error}"
        raise _refusal(notebook, why, "look at what is in that folder") from None


def _text(notebook: Path) -> str:
    """Its text, which is that of a notebook."""
    try:
        text = handed_files.text(notebook)
        found: Any = handed_files.json_object(text)
        nbformat.validate(found)
    except (OSError, ValueError, RecursionError, nbformat.ValidationError) as error:
        why = str(error).partition("\n")[0]
        raise _refusal(notebook, f"it is not a notebook: {why}", "name an .ipynb file") from None
    return text


def _run_folder(notebook: Path, text: str, outputs: Path) -> Path:
    """Where the notebook says that its record is, or where that was moved to in `outputs`."""
    told = _told(text)
    if told is None:
        why = "it tells of no record: it was not run, or it died in the middle of its first cells"
        raise _refusal(notebook, why, "file what `papermill` wrote at the end of a run")
    folder = _resolved(told.folder)
    if folder is None or folder.parent.parent != outputs.resolve() or not folder.is_dir():
        folder = _moved(told, outputs)
    if folder is None:
        why = f"its run folder {told.folder[:100]!r} is not below {outputs}"
        raise _refusal(notebook, why, "file it where it was run, or set RUNBOOK_HOME to that place")
    if _kept(notebook, folder) != told.change_id:
        raise _refusal(notebook, f"{folder} tells of another run", "find the notebook of that run")
    return folder


class _Told(NamedTuple):
    """What a notebook tells of its record."""

    folder: str
    host: str
    change_id: str


def _told(text: str) -> _Told | None:
    """By its result; of a run that died by its change, or by its first page."""
    outputs = list(_outputs(text))
    data = [output.get("data", {}) for output in outputs]
    ended = [told for one in outputs if (told := outcome_of(one))]
    changes = [one[CHANGE_MIME] for one in data if isinstance(one.get(CHANGE_MIME), dict)]
    for found in (ended, changes):
        if found:
            last = found[-1]
            return _Told(*(str(last.get(name, "")) for name in ("folder", "host", "change_id")))
    cards = [one[CARD_MIME] for one in data if isinstance(one.get(CARD_MIME), dict)]
    return _of_the_card(cards[-1]) if cards else None


def _of_the_card(card: Mapping[str, Any]) -> _Told | None:
    try:
        told = dict(card["pairs"])
        found = _Told(*(str(told[name]) for name in ("record", "host", "change")))
    except (KeyError, TypeError, ValueError):
        return None
    return found if CHANGE_ID.fullmatch(found.change_id) else None


def _moved(told: _Told, outputs: Path) -> Path | None:
    """`outputs` may have been moved as a whole, and merged from several machines."""
    if not (CHANGE_ID.fullmatch(told.change_id) and HOST.fullmatch(told.host)):
        return None
    folder = outputs.resolve() / told.host / told.change_id
    return folder if folder.is_dir() and folder.resolve() == folder else None


def _resolved(path: str) -> Path | None:
    try:
        return Path(path).resolve()
    except (OSError, ValueError):
        return None


def _kept(notebook: Path, folder: Path) -> object:
    """The number of the change that the run folder tells of."""
    try:
        outcome = record.read(folder).outcome
        return outcome.get("change_id", "") if outcome else folder.name
    except (OSError, ValueError) as error:
        why = f"its run folder {folder} cannot be read: {error}"
        raise _refusal(notebook, why, "look at what is in that folder") from None


def _outputs(text: str) -> Iterator[dict[str, Any]]:
    for cell in json.loads(text)["cells"]:
        yield from cell.get("outputs", [])


def _create(path: Path, content: str) -> None:
    try:
        atomic_files.create(path, content.encode())
    except FileExistsError:
        if path.name == NOTEBOOK and not _holds(path, content):
            raise _refusal(path, "another notebook was filed for this run", "keep one") from None


def _holds(path: Path, content: str) -> bool:
    """Whether it is this notebook; an earlier version of this program wrote it at more length."""
    try:
        return told_truly(handed_files.text(path), over=True) == content
    except (OSError, ValueError):
        return False


def _refusal(notebook: Path, why: str, then: str) -> CorrectParameters:
    return CorrectParameters(
        f"{notebook} was not filed: {why}", state="no host was contacted", then=then
    )
