"""Sealed records in a folder, as runs leave them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from runbook.records.begin import About, begin
from runbook.records.predicate import Envelope, Kind
from runbook.records.seal import seal
from runbook.run import record
from runbook.run.record import Ending, Folder, Outcome

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "server-01"


def number(day: int) -> str:
    """The number of the run of that day."""
    return f"{NOON + timedelta(days=day):%Y%m%dT%H%M%SZ}-{day:06x}"


def begun(
    outputs: Path,
    day: int,
    host: str = HOST,
    kind: Kind = "change",
    envelope: Envelope | None = None,
) -> Folder:
    """A run that goes on, or died."""
    folder = record.create(outputs, host, number(day))
    at = NOON + timedelta(days=day, seconds=2)
    begin(folder, About(kind, host, host, number(day)), at, envelope)
    folder.note(at, "Planning: begins")
    return folder


def sealed(
    outputs: Path,
    day: int,
    ending: Ending = Ending.AS_PROMISED,
    host: str = HOST,
    kind: Kind = "change",
    sign_with: str = "",
    **files: str,
) -> Path:
    """A run that is over."""
    envelope = Envelope(ticket=f"CHG-{day}", reason="the guests need the LAN")
    folder = begun(outputs, day, host, kind, envelope)
    for name, content in files.items():
        folder.once(name.replace("_", "."), content)
    at = NOON + timedelta(days=day, minutes=5)
    said = f"172.16.1.{day}/16 is on virbr1"
    folder.end(Outcome(ending, host, number(day), "root@desk", at, said))
    seal(folder, at, sign_with=sign_with)
    return folder.path
