"""The outcome that an executed notebook tells, which stands in two places of one output.

What two equal runs tell the same is in the output's data. The folder of the record is in its
metadata: a comparison of two notebooks shows it as one line, and not the whole output twice. The
folder has the change's number for its name, and the first page says when the run ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from runbook.run.record import MIME

# The cell that has the first page in an executed notebook; its address on the archived page.
FIRST = "runbook-first-page"
PLACE, FOLDER, CHANGE, MOMENT = "runbook", "folder", "change_id", "at"


def outcome_of(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The whole outcome of this output; None if it tells none."""
    data = output.get("data")
    told = data.get(MIME) if isinstance(data, Mapping) else None
    if not isinstance(told, Mapping):
        return None
    metadata = output.get("metadata")
    apart = metadata.get(PLACE) if isinstance(metadata, Mapping) else None
    if not (isinstance(apart, Mapping) and FOLDER in apart):
        return told
    return {CHANGE: _name(apart[FOLDER]), **told, **apart}


def move_folder(output: dict[str, Any]) -> None:
    """Put the folder into the output's metadata, and leave out a number that is its name."""
    told = output.get("data", {}).get(MIME)
    if not (isinstance(told, dict) and FOLDER in told):
        return
    folder = told.pop(FOLDER)
    if told.get(CHANGE) == _name(folder):
        del told[CHANGE]
    output["metadata"] = {**output.get("metadata", {}), PLACE: {FOLDER: folder}}


def drop_moment(output: dict[str, Any]) -> None:
    """Leave out when the run ended, which the first page says."""
    told = output.get("data", {}).get(MIME)
    if isinstance(told, dict):
        told.pop(MOMENT, None)


def _name(folder: object) -> str:
    return PurePosixPath(str(folder)).name
