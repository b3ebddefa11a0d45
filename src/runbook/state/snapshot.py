"""Everything about a host's network at one moment, saved and loaded without loss."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.state import (
    addresses,
    bridge_ports,
    files,
    firewall,
    guests,
    leases,
    links,
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
from runbook.state.table import NONSENSE, Table, by_key, records, sequences, typed
from runbook.transport.host import Reader

# A table that is new raises this, and has the number as its `since`.
FORMAT_VERSION = 1
TABLES: tuple[Table, ...] = (
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
)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One table a field; `taken_at` is UTC, `format_version` that of the program that took it."""

    host: str
    identity: Identity
    taken_at: datetime
    format_version: int
    links: pd.DataFrame
    bridge_ports: pd.DataFrame
    addresses: pd.DataFrame
    routes: pd.DataFrame
    rules: pd.DataFrame
    neighbours: pd.DataFrame
    firewall: pd.DataFrame
    nftables: pd.DataFrame
    sysctl: pd.DataFrame
    leases: pd.DataFrame
    files: pd.DataFrame
    networks: pd.DataFrame
    guests: pd.DataFrame
    taps: pd.DataFrame
    units: pd.DataFrame

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name."""
        found: pd.DataFrame = getattr(self, name)
        return found

    def has(self, table: Table) -> bool:
        """Whether the program that took the snapshot knew the table."""
        return table.since <= self.format_version

    def equals(self, other: Snapshot) -> bool:
        """Whether both say the same, to the last counter."""
        return (self.host, self.identity, self.taken_at) == (
            other.host,
            other.identity,
            other.taken_at,
        ) and all(self.table(t.name).equals(other.table(t.name)) for t in TABLES)

    def digest(self) -> str:
        """SHA-256 over all that stays as it is unless somebody changes it."""
        settled = [
            [t.name, _plain(self.table(t.name), t.settled), _orders(t, self.table(t.name))]
            for t in TABLES
            if not t.ephemeral
        ]
        text = json.dumps([self.identity.machine_id, settled], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def take(host: Reader, now: datetime) -> Snapshot:
    """Read every table; raises ReadFailed if one cannot be read."""
    tables = {table.name: table.read(host) for table in TABLES}
    return Snapshot(host.name, identities.read(host), now, FORMAT_VERSION, **tables)


def dumps(snapshot: Snapshot) -> str:
    """The snapshot as JSON text."""
    tables = {t.name: _plain(snapshot.table(t.name)) for t in TABLES if snapshot.has(t)}
    told = {
        "format_version": snapshot.format_version,
        "host": snapshot.host,
        "taken_at": snapshot.taken_at.isoformat(),
        "identity": asdict(snapshot.identity),
        "tables": tables,
    }
    return octets.valid_json(json.dumps(told, indent=1, ensure_ascii=False)) + "\n"


def loads(text: str, source: str) -> Snapshot:
    """The snapshot that `dumps` made; raises ReadFailed if it is anything else.

    A table that is newer than the snapshot is empty, and `has` says so.
    """
    try:
        told = json.loads(text)
        version = told.get("format_version") if isinstance(told, dict) else None
        if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
            raise _unreadable(source, f"it says that it is of format {version!r}")
        known = {t.name: told["tables"][t.name] if t.since <= version else [] for t in TABLES}
        known[files.TABLE.name] = [files.as_text(row) for row in known[files.TABLE.name]]
        tables = {t.name: _frame(t, known[t.name]) for t in TABLES}
        moment = datetime.fromisoformat(told["taken_at"])
        identity = Identity(**told["identity"])
        return Snapshot(told["host"], identity, moment, version, **tables)
    except NONSENSE as error:
        raise _unreadable(source, f"{type(error).__name__}: {error}") from error


def _unreadable(source: str, why: str) -> ReadFailed:
    return ReadFailed(
        f"{source} is not a snapshot of format {FORMAT_VERSION} or older: {why}",
        state="no host was contacted",
        then="read it with the version of this program that wrote it, or take a new one",
    )


def _plain(frame: pd.DataFrame, columns: list[str] | None = None) -> list[dict[str, Any]]:
    rows = records(frame, columns)
    return [{k: None if v is pd.NA else v for k, v in row.items()} for row in rows]


def _orders(table: Table, frame: pd.DataFrame) -> list[list[object]]:
    """What stands in an order that counts, in that order."""
    found = sequences(table, by_key(table, frame)) if table.place else {}
    return [[place, keys] for place, keys in sorted(found.items())]


def _frame(table: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return typed(table.columns, [[row[name] for name in table.columns] for row in rows])
