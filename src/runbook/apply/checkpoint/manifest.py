"""manifest.json: the change's number, its operator, when it was armed, and its deadline."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from runbook.common import serial
from runbook.plan.promise.subject import SubjectKind

FORMAT_VERSION = 1
STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Times are UTC by the operator's clock; `timer` is the number of the running countdown.

    `plan` is the digest of the plan beside it, `undo` the command for the console. `guests` are
    the names of those that the change is about. Version 0.1 wrote no subject: it is None.
    """

    change_id: str
    host: str
    operator: str
    armed_at: datetime
    deadline: datetime
    timer: int
    plan: str
    steps: tuple[str, ...]
    undo: str
    subject: SubjectKind | None = None
    guests: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """Who holds the host, in a sentence."""
        return (
            f"change {self.change_id} by {self.operator}, armed at {self.armed_at:{STAMP}}, "
            f"undone by itself at {self.deadline:{STAMP}} unless confirmed"
        )


def dumps(manifest: Manifest) -> bytes:
    """As it stands on the host, to be read by people too."""
    told = {"format_version": FORMAT_VERSION, **asdict(manifest)}
    for name in ("armed_at", "deadline"):
        told[name] = format(told[name], STAMP)
    if manifest.subject is None:
        # Byte for byte as it was: who moves the deadline compares digests of the file.
        del told["subject"], told["guests"]
    return (json.dumps(told, indent=1) + "\n").encode()


def loads(text: bytes) -> Manifest:
    """What `dumps` made; raises ValueError for anything else."""
    try:
        told: dict[str, Any] = json.loads(text)
        if told.pop("format_version") != FORMAT_VERSION:
            raise ValueError(f"this is no manifest of format {FORMAT_VERSION}")
        serial.check_fields(Manifest, told)
        for name in ("armed_at", "deadline"):
            told[name] = datetime.strptime(told[name], STAMP).replace(tzinfo=UTC)
        told["subject"] = _subject(told.get("subject"))
        for name in ("steps", "guests"):
            told[name] = tuple(told.get(name, ()))
        return Manifest(**{**told, "timer": int(told["timer"])})
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(serial.NOT_OURS) from error


def _subject(name: str | None) -> SubjectKind | None:
    if name is None:
        return None
    try:
        return SubjectKind(name)
    except ValueError:
        raise ValueError(f"its subject is {name!r}, {serial.UNKNOWN}") from None
