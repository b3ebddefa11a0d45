"""Everything about a host's network at one moment, saved and loaded without loss."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.common.later import pd
from runbook.state import (
    addresses,
    bridge_ports,
    files,
    firewall,
    guests,
    leases,
    links,
    modules,
    neighbours,
    networks,
    nftables,
    routes,
    rules,
    sysctl,
    units,
)
from runbook.state import identity as identities
from runbook.state.identity import Identity
from runbook.state.redacted import redacted
from runbook.state.table import NONSENSE, R, Table, by_key, cells_of, frame, ordered, sequences
from runbook.transport.host import Reader

# A table that is new raises this, and has the number as its `since`.
FORMAT_VERSION = 2
TABLES: tuple[Table[Any], ...] = (
    links.TABLE,
    bridge_ports.TABLE,
    addresses.TABLE,
    routes.TABLE,
    rules.TABLE,
    neighbours.TABLE,
    firewall.TABLE,
    nftables.TABLE,
    sysctl.TABLE,
    leases.TABLE,
    files.TABLE,
    networks.TABLE,
    guests.TABLE,
    guests.TAPS,
    units.TABLE,
    modules.TABLE,
)


class _Displayed:
    """A table as a DataFrame for people, made anew each time: what they do to it stays theirs."""

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, snapshot: Snapshot, _: type) -> pd.DataFrame:
        return snapshot.table(self._name)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows for programs, DataFrames for people.

    `taken_at` is UTC, `format_version` that of the program that took it.
    """

    host: str
    identity: Identity
    taken_at: datetime
    format_version: int
    # By their type.
    _rows: Mapping[type, tuple[Any, ...]] = field(hash=False, repr=False)

    links = _Displayed()
    bridge_ports = _Displayed()
    addresses = _Displayed()
    routes = _Displayed()
    rules = _Displayed()
    neighbours = _Displayed()
    firewall = _Displayed()
    nftables = _Displayed()
    sysctl = _Displayed()
    leases = _Displayed()
    files = _Displayed()
    networks = _Displayed()
    guests = _Displayed()
    taps = _Displayed()
    units = _Displayed()
    modules = _Displayed()

    def rows(self, of: type[R]) -> tuple[R, ...]:
        """All rows of a type, in the order of their key."""
        return self._rows[of]

    def find(self, of: type[R], *key: object) -> R | None:
        """The row of that key; None if there is none."""
        key_of = cells_of(_table_of(of).key)
        return next((row for row in self._rows[of] if key_of(row) == key), None)

    def having(self, of: type[R], rows: Iterable[R]) -> Snapshot:
        """The snapshot with all rows of one type replaced."""
        return replace(self, _rows={**self._rows, of: ordered(rows, _table_of(of).key)})

    def having_table(self, name: str, other: Snapshot) -> Snapshot:
        """The snapshot with one table as the other has it."""
        (table,) = (t for t in TABLES if t.name == name)
        return self.having(table.row, other.rows(table.row))

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name."""
        (table,) = (t for t in TABLES if t.name == name)
        return frame(table.row, self._rows[table.row])

    def has(self, table: Table[Any]) -> bool:
        """Whether the program that took the snapshot knew the table."""
        return table.since <= self.format_version

    def digest(self) -> str:
        """SHA-256 over everything but volatile columns and ephemeral tables."""
        settled = [
            [t.name, _plain(t, t.settled, self._rows[t.row]), _orders(t, self._rows[t.row])]
            for t in TABLES
            if not t.ephemeral
        ]
        text = json.dumps([self.identity.machine_id, settled], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _table_of(row: type[R]) -> Table[R]:
    (table,) = (t for t in TABLES if t.row is row)
    return table


def take(host: Reader, now: datetime) -> Snapshot:
    """Read every table; raises ReadFailed if one cannot be read."""
    rows = {table.row: table.read(host) for table in TABLES}
    return Snapshot(host.name, identities.read(host), now, FORMAT_VERSION, rows)


def dumps(snapshot: Snapshot) -> str:
    """The snapshot as JSON text."""
    tables = {
        t.name: _plain(t, list(t.columns), snapshot.rows(t.row)) for t in TABLES if snapshot.has(t)
    }
    document = {
        "format_version": snapshot.format_version,
        "host": snapshot.host,
        "taken_at": snapshot.taken_at.isoformat(),
        "identity": asdict(snapshot.identity),
        "tables": tables,
    }
    return octets.valid_json(json.dumps(document, indent=1, ensure_ascii=False)) + "\n"


def loads(text: str, source: str) -> Snapshot:
    """The snapshot that `dumps` made; raises ReadFailed if it is anything else.

    A table that is newer than the snapshot is empty, and `has` says so.
    """
    try:
        document = json.loads(text)
        version = document.get("format_version") if isinstance(document, dict) else None
        if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
            raise _unreadable(source, f"it says that it is of format {version!r}")
        tables = {t.name: document["tables"][t.name] if t.since <= version else [] for t in TABLES}
        rows = {t.row: tuple(map(redacted, _loaded(t, tables[t.name]))) for t in TABLES}
        moment = datetime.fromisoformat(document["taken_at"])
        identity = Identity(**document["identity"])
        return Snapshot(document["host"], identity, moment, version, rows)
    except NONSENSE as error:
        raise _unreadable(source, f"{type(error).__name__}: {error}") from error


def _unreadable(source: str, why: str) -> ReadFailed:
    return ReadFailed(
        f"{source} is not a snapshot of format {FORMAT_VERSION} or older: {why}",
        state="no host was contacted",
        then="read it with the version of this program that wrote it, or take a new one",
    )


def _plain(
    table: Table[Any], columns: list[str], rows: Iterable[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    """The rows by column; a column that a later version brought, only where it says something."""
    cells, later = cells_of(columns), table.row._field_defaults
    every = (zip(columns, cells(row), strict=True) for row in rows)
    return [{c: v for c, v in row if c not in later or later[c] != v} for row in every]


def _orders(table: Table[Any], rows: tuple[Any, ...]) -> list[list[object]]:
    """What stands in an order that counts, in that order."""
    orders = sequences(table, by_key(table, rows)) if table.place else {}
    return [[place, keys] for place, keys in sorted(orders.items())]


def _loaded(table: Table[Any], rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    cells = itemgetter(*table.columns)
    # A column that an older program did not know has its default.
    usual = table.row._field_defaults
    return ordered((table.row(*cells({**usual, **row})) for row in rows), table.key)
