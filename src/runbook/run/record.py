"""The run folder: what was asked, seen, planned, done and found, each written once.

``outputs/<host>/<change id>/``; the change id begins with its UTC stamp. A
stage's product is a file of its own, never written over. ``journal`` grows by
one line an event. ``outcome.json`` comes last, so a folder without it tells
of a run that goes on or died in the middle (`at_work` knows which). Nothing here decides anything.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import RLock

from runbook.common import atomic_files, handed_files, octets
from runbook.common.errors import CorrectParameters
from runbook.common.printable import printable
from runbook.common.redact import redact
from runbook.run import at_work
from runbook.run.at_work import NOT_KNOWN, AtWork, Hold

OUTCOME, JOURNAL = "outcome.json", "journal"
# The executed notebook, once it is filed, and a page made of it.
NOTEBOOK, PAGE = "notebook.ipynb", "notebook.html"
# A name with a dot is none of the products.
ALONE = ".alone"
FORMAT_VERSION = 1
# Under this type an executed notebook names its run folder and tells its outcome.
MIME = "application/vnd.runbook.outcome+json"
# Under this one it names its change, how far that came, and how its host is reached.
CHANGE_MIME = "application/vnd.runbook.change+json"
# Under these: the first page of the record; that a cell had nothing to do, and why.
CARD_MIME = "application/vnd.runbook.card+json"
PASSED_MIME = "application/vnd.runbook.passed+json"
# Under this one a run that writes no record tells how it ended.
RESULT_MIME = "application/vnd.runbook.result+json"


class Ending(StrEnum):
    """The last word on a run. The last three are no success."""

    AS_PROMISED = "as promised"
    NOTHING_TO_DO = "nothing to do"
    PLANNED_ONLY = "planned only"
    LOOKED = "only looked"
    SURVEYED = "surveyed: its file is written"
    UNDONE = "undone: as before"
    DRIFTED = "the host is not as its record says"
    REFUSED = "refused"
    AS_BEFORE = "as before (rolled back)"
    UNKNOWN = "unknown: go to the console"

    @property
    def exit_status(self) -> int:
        """What papermill's exit status has to be for this ending."""
        return 1 if self in (self.REFUSED, self.AS_BEFORE, self.UNKNOWN) else 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, as `outcome.json` keeps it."""

    ending: Ending
    host: str
    change_id: str
    operator: str
    at: datetime
    said: str

    def as_dict(self) -> dict[str, object]:
        """In JSON's own types, with the exit status beside the ending."""
        return {
            "format_version": FORMAT_VERSION,
            "outcome": str(self.ending),
            "exit": self.ending.exit_status,
            "host": self.host,
            "change_id": self.change_id,
            "operator": self.operator,
            "at": self.at.isoformat(timespec="seconds"),
            "said": self.said,
        }


class RecordNotWritten(CorrectParameters):
    """The record cannot be written, before anything is armed."""


def _not_written(path: Path, error: OSError) -> RecordNotWritten:
    return RecordNotWritten(
        f"the record of this run cannot be written: {path}: {error.strerror or error}",
        host="-",
        state="nothing was written on the host by this run",
        then=f"make room in {path.parent} or make it writable; or set RUNBOOK_HOME to another"
        " folder with params/ in it; then run again",
    )


@dataclass(slots=True, eq=False, weakref_slot=True)
class Folder:
    """A run folder, open for adding.

    Until the undo is armed, what cannot be written raises RecordNotWritten. From then on the record
    comes second: what cannot be written is held in memory and named in `unwritten`, with the
    reason, so that no full disk keeps a host from its undo or makes a confirmed change look undone.
    """

    path: Path
    unwritten: dict[str, str] = field(default_factory=dict)
    _held: dict[str, str] = field(default_factory=dict)
    _second: bool = False
    _turn: RLock = field(default_factory=RLock)
    _hold: Hold | None = None

    def hold(self) -> None:
        """Let others see that the program of this run lives, for as long as this folder is open.

        A disk that does not take that keeps nobody from the run.
        """
        with contextlib.suppress(OSError):
            self._hold = at_work.hold(self.path, self)

    def let_go(self) -> None:
        """The run is over."""
        held, self._hold = self._hold, None
        if held:
            held.let_go()

    def comes_second(self) -> None:
        """From here on nothing that the folder does raises OSError for a disk that fails."""
        self._second = True

    def once(self, name: str, content: str) -> Path:
        """A product that there is one of; raises FileExistsError if it is there."""
        target = self.path / name
        if name in self._held:
            raise FileExistsError(str(target))
        with self._or_held(name, content):
            atomic_files.create(target, octets.bytes_of(content))
        return target

    def once_json(self, name: str, value: object) -> Path:
        """Likewise, as JSON, secrets taken out."""
        return self.once(name, as_json(value))

    def again(self, name: str, content: str) -> Path:
        """A product that may be made anew before anything is written: x.json, x-2.json, ..."""
        stem, _, ending = name.partition(".")
        numbered = (f"{stem}-{number}.{ending}" for number in itertools.count(2))
        for free in itertools.chain([name], numbered):
            with contextlib.suppress(FileExistsError):
                return self.once(free, content)
        raise AssertionError

    def again_json(self, name: str, value: object) -> Path:
        """Likewise, as JSON, secrets taken out."""
        return self.again(name, as_json(value))

    def note(self, at: datetime, event: str) -> None:
        """One line of the journal, on the disk when this returns."""
        told = " ; ".join(printable(event).splitlines())
        line = f"{at.isoformat(timespec='milliseconds')} {told}\n"
        with self._or_held(JOURNAL, ""):
            atomic_files.append(self.path / JOURNAL, octets.bytes_of(line))

    def has(self, name: str) -> bool:
        """Whether this product was made."""
        return name in self._held or os.path.exists(self.path / name)  # noqa: PTH110 - Path.exists raises for a disk that fails

    def text(self, name: str) -> str:
        """A product's text; raises OSError if it was not made."""
        held = self._held.get(name)
        return handed_files.text(self.path / name) if held is None else held

    @contextmanager
    def alone(self, *, wait: bool = True) -> Iterator[None]:
        """For as long as one takes to bring the run further: another program or thread waits.

        Raises BlockingIOError instead of waiting where `wait` is False.
        """
        if not self._turn.acquire(blocking=wait):
            raise BlockingIOError(str(self.path / ALONE))
        with contextlib.ExitStack() as held:
            held.callback(self._turn.release)
            try:
                held.enter_context(atomic_files.alone(self.path / ALONE, wait=wait))
            except BlockingIOError:
                raise
            except OSError:
                if not self._second:
                    raise
            yield

    def end(self, outcome: Outcome) -> Path:
        """The last word; raises FileExistsError if it was spoken before."""
        self.note(outcome.at, f"ended: {outcome.ending}")
        return self.once_json(OUTCOME, outcome.as_dict())

    def outcome(self) -> Mapping[str, object]:
        """The last word; empty as long as there is none. Raises OSError, or ValueError."""
        if not self.has(OUTCOME):
            return {}
        return handed_files.json_object(self.text(OUTCOME))

    @contextmanager
    def _or_held(self, name: str, content: str) -> Iterator[None]:
        try:
            yield
        except FileExistsError:
            raise
        except OSError as error:
            if not self._second:
                raise _not_written(self.path / name, error) from error
            self.unwritten[name] = error.strerror or str(error)
            if content:
                self._held[name] = content


def as_json(value: object) -> str:
    """JSON text, secrets taken out."""
    return octets.valid_json(json.dumps(redact(value), indent=1, ensure_ascii=False)) + "\n"


def create(outputs: Path, host: str, change_id: str) -> Folder:
    """A new run folder, for its owner's eyes only; raises RecordNotWritten, or FileExistsError."""
    path = outputs / host / change_id
    try:
        return _made(path)
    except FileExistsError:
        raise
    except OSError as error:
        raise _not_written(path, error) from error


def create_second(outputs: Path, host: str, change_id: str) -> Folder:
    """The run folder of an undo or a confirmation, which goes on where none can be made."""
    path = outputs / host / change_id
    try:
        folder = _made(path)
    except OSError as error:
        folder = Folder(path, {"the folder": error.strerror or str(error)})
    folder.comes_second()
    return folder


def _made(path: Path) -> Folder:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_files.make_folder(path)
    return Folder(path)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run folder, read back; `outcome` is empty if the run goes on or died in the middle."""

    path: Path
    outcome: Mapping[str, object]
    journal: tuple[str, ...]
    products: tuple[str, ...]
    work: AtWork = NOT_KNOWN

    @property
    def told(self) -> str:
        """The ending in words, or how far the run is."""
        ending = self.outcome.get("outcome")
        return str(ending or f"{self.work.life}; {self.work.describe(self.journal)}")


def read(path: Path) -> RunRecord:
    """Read a run folder; raises OSError where it cannot be read, ValueError if it is damaged."""
    products = tuple(sorted(p.name for p in path.iterdir() if not p.name.startswith(".")))
    texts = {n: handed_files.text(path / n) for n in (OUTCOME, JOURNAL) if n in products}
    outcome = handed_files.json_object(texts.get(OUTCOME, "{}"))
    journal = texts.get(JOURNAL, "").splitlines()
    found = RunRecord(path, outcome, tuple(journal), products)
    return found if outcome else replace(found, work=at_work.look(path, journal))
