"""Each row of a snapshot as one text, by its table and its key, as a difference names them."""

from __future__ import annotations

import hashlib
from typing import Any

from runbook.common import octets
from runbook.state import guests, modules
from runbook.state.files import TABLE as FILES
from runbook.state.networks import TABLE as NETWORKS
from runbook.state.snapshot import TABLES, Snapshot
from runbook.state.table import Table, by_key, cells_of, name_of

RowTexts = dict[tuple[str, str], str]
# Guests start and stop, and a module that is loaded stays so.
_LEFT_OUT = (guests.TABLE.name, guests.TAPS.name, modules.TABLE.name)
# Columns that hold a whole text, or the digest of a file with its secrets.
_WHOLE = {FILES.name: ("content", "sha256", "encoding"), NETWORKS.name: ("defined_xml", "live_xml")}
_DIGITS = 16


def row_texts(snapshot: Snapshot) -> RowTexts:
    """Every settled row; of a file's content the digest of what is shown of it."""
    found: RowTexts = {}
    for table in TABLES:
        if not table.ephemeral and table.name not in _LEFT_OUT:
            for key, row in by_key(table, snapshot.rows(table.row)).items():
                found[table.name, name_of(key)] = _text(table, row)
    return found


def _text(table: Table[Any], row: tuple[Any, ...]) -> str:
    whole = _WHOLE.get(table.name, ())
    names = [name for name in table.settled if name not in table.key and name not in whole]
    cells = zip(names, cells_of(names)(row), strict=True) if names else ()
    told = [f"{name}={cell}" for name, cell in cells if cell not in (None, "")]
    if table is FILES:
        told.append(f"text={text_digest(row._asdict()['content'])}")  # type: ignore[attr-defined] # of a NamedTuple
    # A row of its key alone is there, too.
    return " ".join(told) or "there"


def text_digest(content: str) -> str:
    """The first digits of the SHA-256 of a file as it is shown."""
    return hashlib.sha256(octets.bytes_of(content)).hexdigest()[:_DIGITS]
