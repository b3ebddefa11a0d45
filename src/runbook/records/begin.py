"""What is known when a run begins, written at once: a run that dies has it too."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from runbook.common.moments import offset_here
from runbook.records.files import BEGUN
from runbook.records.person import operator
from runbook.records.predicate import Begun, Envelope, Kind
from runbook.records.versions import versions
from runbook.run.record import Folder


class About(NamedTuple):
    """What a run is about."""

    kind: Kind
    host: str
    subject: str
    change_id: str


def begin(folder: Folder, about: About, at: datetime, envelope: Envelope | None = None) -> Begun:
    """Write `begun.json`, and return it; raises RecordNotWritten where the folder does."""
    begun = describe(about, at, envelope or Envelope())
    # A cell that is run again finds the folder begun.
    with suppress(FileExistsError):
        folder.once_json(BEGUN, begun.model_dump(mode="json"))
    return begun


def describe(about: About, at: datetime, envelope: Envelope) -> Begun:
    """What is known when a run begins."""
    local = at.astimezone()
    return Begun(
        **about._asdict(),
        begun=at,
        utc_offset=offset_here(at),
        time_zone=local.tzname() or "",
        operator=operator(),
        envelope=envelope,
        versions=versions(),
    )
