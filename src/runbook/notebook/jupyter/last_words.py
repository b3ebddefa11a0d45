"""The last words of a run whose kernel is dead: papermill asks the host, and undoes the change."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import closing, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbformat.v4 import new_output

from runbook.common.clock import SystemClock
from runbook.common.errors import RunbookError
from runbook.common.printable import printable
from runbook.common.redact import redact_prose
from runbook.records.seal import seal
from runbook.run.record import MIME, Ending, Folder, Outcome

NAME = "RunEnded"
NOTHING = "{why}. No undo had been armed, so the host is as it was."
OPEN = """{why}.
Change {change_id} may still be armed on {host}. {until}
`runbook status {host}` shows how it is now; `runbook undo {host}` undoes the change at once."""
UNTIL = "If it is not confirmed, the host undoes it by itself at {:%Y-%m-%d %H:%M:%S} UTC."
LATER = " A long step may have moved that time by some minutes."
STAYS = """{why}.
Change {change_id} on {host} is confirmed: it stays. The record is not complete."""
UNDONE = "the change was undone, because: {why}"
OTHER = """{why}.
{host} does not say how change {change_id} ended: {said}"""


def say(told: Mapping[str, Any] | None, why: str, *, undo: bool) -> list[Any]:
    """The outputs of the notebook's last cell. `told` is the change as the notebook knows it.

    With `undo` the host is asked, and its change undone; otherwise nothing is contacted.
    """
    if told is None:
        return [_error(NOTHING.format(why=why))]
    if kept := _kept(told):
        return _outcome(kept)
    if not undo:
        return [_error(_open(told, why))]
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            return _end(told, why)
    except RunbookError as error:
        return [*_text(said.getvalue()), _error(f"{_open(told, why)}\n{error}")]
    except Exception as error:  # noqa: BLE001 - the last words are spoken whatever happens
        return [_error(f"{_open(told, why)}\n{type(error).__name__}: {error}")]


def _end(told: Mapping[str, Any], why: str) -> list[Any]:
    # papermill starts without them; they are needed only here.
    from runbook.notebook.undo import cells as nb  # noqa: PLC0415

    met = nb.meet(nb.want({**told["way"], "host": told["host"], "action": "undo"}))
    with closing(met.session.host):
        standing = met.standing
        here = standing.checkpoint
        if here is None or here.place.change_id != told["change_id"]:
            return [_error(OTHER.format(why=why, said=standing.describe()[0], **told))]
        if standing.state == "confirmed":
            return [_error(STAYS.format(why=why, **told))]
        if not (standing.armed or standing.state == "undone"):
            return [_error(OTHER.format(why=why, said=standing.describe()[0], **told))]
        nb.record(nb.do(nb.decide(nb.look(met))))
    return _outcome(_close(told, UNDONE.format(why=why)))


def _close(told: Mapping[str, Any], text: str) -> Mapping[str, Any]:
    """The last word into the folder of the run that died."""
    whose = (told["host"], told["change_id"], told["operator"])
    outcome = Outcome(Ending.AS_BEFORE, *whose, SystemClock().now(), text)
    folder = Folder(Path(told["folder"]))
    folder.comes_second()
    with suppress(FileExistsError):
        folder.end(outcome)
    # Whatever is wrong with the record, these words are spoken.
    with suppress(Exception):
        seal(folder, outcome.at)
    return outcome.as_dict()


def _kept(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The last word that the kernel wrote before it died; empty where it wrote none."""
    with suppress(OSError, ValueError):
        return Folder(Path(told["folder"])).outcome()
    return {}


def _open(told: Mapping[str, Any], why: str) -> str:
    until = ""
    with suppress(TypeError, ValueError):
        until = UNTIL.format(datetime.fromisoformat(told["deadline"]).astimezone(UTC)) + LATER
    return OPEN.format(why=why, until=until, **{n: told[n] for n in ("change_id", "host")})


def _outcome(kept: Mapping[str, Any]) -> list[Any]:
    text = f"{kept.get('outcome')}: {kept.get('said')}"
    data = {"text/plain": text, MIME: dict(kept)}
    return [_output("display_data", data=data), _error(text)]


def _text(text: str) -> list[Any]:
    return [_output("stream", name="stdout", text=printable(text))] if text else []


def _error(text: str) -> Any:  # noqa: ANN401 - nbformat has no types
    shown = redact_prose(printable(text))
    return _output("error", ename=NAME, evalue=shown.splitlines()[0], traceback=[shown])


def _output(kind: str, **content: object) -> Any:  # noqa: ANN401 - likewise
    return new_output(kind, **content)  # type: ignore[no-untyped-call]  # likewise
