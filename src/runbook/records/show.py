"""One record as `runbook records show` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from runbook.common.handed_files import read
from runbook.records import host_says
from runbook.records.close import Closing, ClosingManifest
from runbook.records.entry import Entry
from runbook.records.files import CLOSED, MANIFEST, SIGNATURE
from runbook.records.manifest import load, verify
from runbook.records.signature import check


def of(
    outputs: Path, entry: Entry, belonging: Iterable[Entry], allowed: Path
) -> dict[str, str | list[str]]:
    """What it says, by name; the last is where it is."""
    folder = outputs / entry.place
    told: dict[str, str | list[str]] = {
        "host": entry.host,
        "change": entry.change_id,
        "kind": f"{entry.kind} of {entry.subject}",
        "verdict": f"{entry.words}{': ' if entry.said else ''}{entry.said}",
        "who": entry.person or "not kept",
        "begun": entry.begun,
        "ended": entry.ended,
        "ticket": entry.ticket or "none",
        "reason": entry.reason or "none",
    }
    with suppress(OSError, ValueError):
        told |= _of_manifest(load(folder).predicate.model_dump(mode="json"))
    with suppress(OSError, ValueError):
        told["closed"] = _closed(
            ClosingManifest.model_validate_json(read(folder / CLOSED)).predicate
        )
    if (found := host_says.read(folder)) is not None:
        told["the host says"] = f"{found.said} (asked {found.asked:%Y-%m-%d %H:%M} UTC)"
    told["belongs to it"] = [
        f"{other.begun[:16]} {other.kind}: {other.words} ({other.place})" for other in belonging
    ]
    told["open"] = "yes: look at the host, `runbook status` tells how it stands"
    if not entry.open:
        del told["open"]
    told["integrity"] = _integrity(folder)
    told["signature"] = _signature(folder, allowed)
    told["files"] = sorted(path.name for path in folder.iterdir())
    told["folder"] = str(folder)
    return told


def _of_manifest(record: dict[str, Any]) -> dict[str, str]:
    approval, absence, versions = (
        record[name] or {} for name in ("approval", "absence", "versions")
    )
    told = {
        "requested by": record["requested_by"],
        "window": record["window"],
        "approved by": approval and f"{approval['by']} ({approval['how']})",
        "plan": record["plan_sha256"],
        "host was away": absence and _away(absence),
        "software": versions and f"runbook {versions['runbook']}, commit {versions['commit']}",
        "machine id": record["machine_id"],
    }
    return {name: str(value) for name, value in told.items() if value}


def _away(absence: dict[str, Any]) -> str:
    return (
        f"{absence['lost']} of {absence['asked']} questions without an answer; longest silence"
        f" {absence['longest_silence_s']} s"
    )


def _closed(closing: Closing) -> str:
    by = f"{closing.by.person}@{closing.by.machine}"
    return f"{closing.closed:%Y-%m-%d %H:%M} UTC by {by}: {closing.because}"


def _integrity(folder: Path) -> list[str]:
    try:
        return [f"{one.name}: {one.text}" for one in verify(folder)] or ["as it was sealed"]
    except OSError as error:
        return [f"it cannot be read: {error.strerror}"]


def _signature(folder: Path, allowed: Path) -> str:
    try:
        found = check(folder / MANIFEST, folder / f"{MANIFEST}{SIGNATURE}", allowed)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return f"{found.trust}: {found.text}"
