"""What `runbook status` finds on a host of a change whose run died: it joins that run's record.

The record says only how far the run came. The host knows how the change ended, and says it once.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, Field

from runbook.common import handed_files
from runbook.records.files import LATER
from runbook.records.link import CHANGE_ID
from runbook.records.person import operator
from runbook.records.predicate import Operator
from runbook.records.seal import add_manifest, unchanging
from runbook.records.statement import Statement, Strict
from runbook.run import at_work
from runbook.run.record import OUTCOME, Folder
from runbook.run.standing import HostStatus

HOST_SAYS = "https://runbook.invalid/host-says/v1"
NAME = f"{LATER}host-says.json"
# How a change can have ended; one that is armed may still end in another way.
ENDED = ("confirmed", "undone", "stood down")


class HostSays(Strict):
    """How the change of this record ended, by the host's own journal."""

    change_id: str
    state: str
    said: str = Field(description="the same in a sentence")
    asked: AwareDatetime
    by: Operator = Field(description="who asked the host")


class HostSaysManifest(Statement[HostSays]):
    """`later-host-says.json`."""


def keep(outputs: Path, standing: HostStatus, now: datetime, sign_with: str = "") -> Path | None:
    """Write it into the record of the change, once; None if that record has its own end, or none.

    Raises OSError if it cannot be written.
    """
    past = standing.ended
    change_id = past.checkpoint.place.change_id if past else ""
    folder = Folder(outputs / standing.host / change_id)
    if past is None or past.end not in ENDED or not _died(folder, change_id):
        return None
    told = HostSays(
        change_id=change_id, state=past.end, said=past.outcome, asked=now, by=operator()
    )
    made = HostSaysManifest(subject=unchanging(folder), predicateType=HOST_SAYS, predicate=told)
    return add_manifest(folder, NAME, made, sign_with)


def read(folder: Path) -> HostSays | None:
    """What was kept; None if there is nothing, or it is damaged."""
    try:
        return HostSaysManifest.model_validate_json(handed_files.read(folder / NAME)).predicate
    except (OSError, ValueError):
        return None


def _died(folder: Folder, change_id: str) -> bool:
    """Whether this is the record of a run that has no end of its own. The host named the change."""
    if not CHANGE_ID.fullmatch(change_id) or folder.path.is_symlink():
        return False
    ended = folder.has(OUTCOME) or folder.has(NAME) or at_work.look(folder.path, ()).goes_on
    return folder.path.is_dir() and not ended
