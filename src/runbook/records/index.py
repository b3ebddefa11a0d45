"""A register of all records, in SQLite: quick to list and to search. It is never the truth.

It is in `outputs/.index/` and can be deleted at any time. Each use compares it with the folders
and reads what is new or has changed. A damaged one, or one of another version, is made anew. Where
it cannot be written it is made in memory.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from runbook.common.errors import CorrectParameters
from runbook.records.entry import Entry
from runbook.records.files import MANIFEST, began, is_name
from runbook.run import at_work
from runbook.run.record import JOURNAL, OUTCOME

FOLDER, NAME = ".index", "records.sqlite"
VERSION = 3
# What stands for the time of a file that is not there.
NEVER = "-"
# How long another program that writes the index is waited for.
BUSY_S = 20.0
COLUMNS = tuple(field.name for field in fields(Entry))
_SCHEMA = f"""
CREATE TABLE records (
    id INTEGER PRIMARY KEY, stamp TEXT, moment TEXT, {", ".join(COLUMNS)}, UNIQUE (place)
);
CREATE INDEX by_time ON records (change_id);
CREATE VIRTUAL TABLE texts USING fts5 (text);
PRAGMA user_version = {VERSION};
"""
_INSERT = f"INSERT INTO records (stamp, moment, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (len(COLUMNS) + 2))})"  # noqa: E501, S608 - names of columns
# An undo, or a confirmation, of the change in a later record of the host closes it.
_CLOSED = (
    "SELECT records.host || '/' || value FROM records, json_each(records.links)"
    " WHERE records.fact IN ('undone', 'confirmed')"
)
_OPEN = f"open AND host || '/' || change_id NOT IN ({_CLOSED})"
_READ = ", ".join(f"{_OPEN} AS is_open" if name == "open" else name for name in COLUMNS)
# Runs of one second have numbers in no order.
_ORDER = "ORDER BY is_open DESC, substr(change_id, 1, 16) DESC, moment DESC, change_id DESC, place"
Says = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list: each that is not '' has to fit. `since` and `until` are days, both included."""

    host: str = ""
    kind: str = ""
    verdict: str = ""
    person: str = ""
    ticket: str = ""
    since: str = ""
    until: str = ""
    change: str = ""
    text: str = ""
    most: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """An open index, as the folders were when it was opened."""

    _database: sqlite3.Connection
    _there: frozenset[str]

    def entries(self, query: Wanted) -> tuple[Entry, ...]:
        """The records that fit, those that are open first, then the newest."""
        where, values = _where(query)
        limit = f" LIMIT {int(query.most)}" if query.most else ""
        sql = f"SELECT {_READ} FROM records {where} {_ORDER}{limit}"  # noqa: S608 - values are bound
        found = map(_entry, self._database.execute(sql, values))
        # Somebody else may have written the index, and a place becomes a path.
        return tuple(entry for entry in found if entry.place in self._there)

    def about(self, text: str, place: str) -> str:
        """The words around what was searched for in a record."""
        sql = (
            "SELECT snippet(texts, 0, '[', ']', '…', 12) FROM texts"
            " WHERE texts MATCH ? AND rowid = (SELECT id FROM records WHERE place = ?)"
        )
        found = self._database.execute(sql, (_bound(_phrases(text)), _bound(place))).fetchone()
        return " ".join(str(found[0]).split()) if found else ""


@contextmanager
def opened(outputs: Path, says: Says = lambda _text: None) -> Iterator[Index]:
    """The index, brought up to date; `says` is told if that takes a while.

    Raises CorrectParameters, here or when it is asked, for what SQLite cannot answer.
    """
    there = dict(_stamps(outputs))
    try:
        with closing(_up_to_date(outputs, there, says)) as database:
            yield Index(database, frozenset(there))
    except sqlite3.Error as error:
        raise CorrectParameters(
            f"the records cannot be listed: SQLite says: {error}",
            state="no host was contacted",
            then=f"ask for less at once; if it stays so, delete {outputs / FOLDER} and try again",
        ) from error


def _up_to_date(outputs: Path, there: Mapping[str, str], says: Says) -> sqlite3.Connection:
    database = _database(outputs)
    try:
        _bring_up_to_date(database, outputs, there, says)
    except sqlite3.Error:
        # Another program writes it for long, or the disk is full.
        database.close()
        database = _in_memory()
        _bring_up_to_date(database, outputs, there, says)
    return database


def _database(outputs: Path) -> sqlite3.Connection:
    path = outputs / FOLDER / NAME
    if path.is_symlink() or path.parent.is_symlink() or path.is_fifo():
        return _in_memory()
    with suppress(OSError, sqlite3.Error):
        return _on_disk(path)
    with suppress(OSError, sqlite3.Error):
        path.unlink()
        return _on_disk(path)
    return _in_memory()


def _in_memory() -> sqlite3.Connection:
    return _with_schema(sqlite3.connect(":memory:"))


def _on_disk(path: Path) -> sqlite3.Connection:
    if path.parent.parent.is_dir():
        path.parent.mkdir(mode=0o700, exist_ok=True)
    database = sqlite3.connect(path, timeout=BUSY_S)
    try:
        return _with_schema(database)
    except sqlite3.Error:
        database.close()
        raise


def _with_schema(database: sqlite3.Connection) -> sqlite3.Connection:
    """Raises sqlite3.Error for a file that is damaged or of another version."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        # An index can be lost; it need not wait for the disk.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    elif version != VERSION:
        raise sqlite3.DatabaseError(f"the index is of version {version}")
    database.execute("SELECT count(*) FROM records").fetchone()
    return database


def _bring_up_to_date(
    database: sqlite3.Connection, outputs: Path, there: Mapping[str, str], says: Says
) -> None:
    known = dict(database.execute("SELECT place, stamp FROM records"))
    old = [place for place, stamp in known.items() if there.get(place) != stamp]
    new = [place for place, stamp in there.items() if known.get(place) != stamp]
    if len(new) > 500:  # noqa: PLR2004 - some seconds of work
        says(f"reading {len(new)} records into the index, once")
    if not (old or new):
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        _forget(database, old)
        for place in new:
            _add(database, outputs / place, there[place])


def _forget(database: sqlite3.Connection, places: Iterable[str]) -> None:
    for place in places:
        one = "(SELECT id FROM records WHERE place = ?)"
        database.execute(f"DELETE FROM texts WHERE rowid = {one}", (place,))  # noqa: S608 - no value in it
        database.execute("DELETE FROM records WHERE place = ?", (place,))


def _add(database: sqlite3.Connection, folder: Path, stamp: str) -> None:
    # What reads manifests takes half a second to import, and most often nothing is new.
    from runbook.records import read_entry, texts

    values: Mapping[str, object] = asdict(read_entry.read(folder))
    cells = [json.dumps(v) if isinstance(v, tuple) else _bound(v) for v in values.values()]
    # Another program may have added it since.
    _forget(database, [str(values["place"])])
    number = database.execute(_INSERT, (stamp, began(folder), *cells)).lastrowid
    words = "\n".join((*map(str, values.values()), texts.of(folder)))
    database.execute("INSERT INTO texts (rowid, text) VALUES (?, ?)", (number, _bound(words)))


def _stamps(outputs: Path) -> Iterator[tuple[str, str]]:
    """Each record and when it was last written: a new file, or the one that says how it ended."""
    for host in _folders(outputs):
        for run in _folders(Path(host.path)):
            place = f"{host.name}/{run.name}"
            yield place, " ".join((_moment(run.path), *_ended(run.path)))


def _ended(path: str) -> Iterator[str]:
    """When the file was written that says how the run ended; of a run without it, how far it is."""
    yield (sealed := _moment(f"{path}/{MANIFEST}"))
    if sealed == NEVER:
        yield (ended := _moment(f"{path}/{OUTCOME}"))
        if ended == NEVER:
            # A program that dies writes nothing more into its folder.
            yield _moment(f"{path}/{JOURNAL}")
            yield at_work.look(Path(path), ()).life.name


def _folders(path: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(path) as found:
        for one in found:
            if is_name(one.name) and one.is_dir(follow_symlinks=False):
                yield one


def _moment(path: str) -> str:
    try:
        return str(os.stat(path).st_mtime_ns)  # noqa: PTH116 - 30,000 of them, and a Path each costs
    except OSError:
        return NEVER


def _where(query: Wanted) -> tuple[str, list[object]]:
    said: list[tuple[str, object]] = [
        ("host = ?", query.host),
        ("kind = ?", query.kind),
        ("? IN (fact, words)", query.verdict),
        ("person LIKE ?", query.person and f"%{query.person}%"),
        ("ticket = ?", query.ticket),
        ("begun >= ?", query.since),
        ("substr(begun, 1, 10) <= ?", query.until),
        ("change_id LIKE ?", query.change and f"{_literal(query.change)}%"),
        ("id IN (SELECT rowid FROM texts WHERE texts MATCH ?)", _phrases(query.text)),
    ]
    kept = [(sql, value) for sql, value in said if value]
    where = "WHERE " * bool(kept) + " AND ".join(sql for sql, _ in kept)
    return where, [_bound(value) for _, value in kept]


def _bound(value: object) -> object:
    """A text as SQLite takes it: JSON and a command line may hold what UTF-8 cannot say."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", " ").encode("utf-8", "replace").decode()


def _literal(text: str) -> str:
    return text.replace("%", "").replace("_", "")


def _phrases(text: str) -> str:
    """Every word has to be there, as it is typed: an address is one phrase."""
    quoted = (word.replace('"', '""') for word in text.split())
    return " ".join(f'"{word}"' for word in quoted)


def _entry(row: tuple[object, ...]) -> Entry:
    told = dict(zip(COLUMNS, row, strict=True))
    told |= {name: bool(told[name]) for name in ("sealed", "open")}
    told["links"] = tuple(json.loads(str(told["links"])))
    return Entry(**told)  # type: ignore[arg-type] # as _add has written it
