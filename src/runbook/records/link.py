"""A link from a record to the one that ended its change; it joins the record as a new file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from runbook.records.files import LATER
from runbook.records.predicate import Fact, Previous
from runbook.records.seal import add_manifest, unchanging
from runbook.records.statement import Statement, Strict
from runbook.run.record import Folder

LINKED = "https://runbook.invalid/linked/v1"
Relation = Literal["undone by", "confirmed by", "reverted by"]
RELATIONS: dict[Fact, Relation] = {
    Fact.UNDONE: "undone by",
    Fact.CONFIRMED: "confirmed by",
}
# Of a run that takes a confirmed change back.
REVERTED: dict[Fact, Relation] = {Fact.CONFIRMED: "reverted by"}
# The host names the change; nothing else becomes part of a path.
CHANGE_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{1,16}")


class Linked(Strict):
    """By which run this record's change was ended."""

    change_id: str
    relation: Relation
    by: Previous = Field(description="the record of that run")


class LinkManifest(Statement[Linked]):
    """`later-<change>.json`."""


def first_folder(second: Path, change_id: str) -> Path | None:
    """Where the record of an earlier change of the same host is; None if it is not here."""
    if not CHANGE_ID.fullmatch(change_id) or change_id == second.name:
        return None
    folder = second.parent / change_id
    return folder if folder.is_dir() and not folder.is_symlink() else None


def link(first: Path, relation: Relation, by: Previous, sign_with: str = "") -> None:
    """Write the link into the first record, once; raises OSError if that cannot be done."""
    folder, name = Folder(first), f"{LATER}{by.change_id}.json"
    if folder.has(name):
        return
    told = Linked(change_id=first.name, relation=relation, by=by)
    made = LinkManifest(subject=unchanging(folder), predicateType=LINKED, predicate=told)
    add_manifest(folder, name, made, sign_with)
