"""What a change is about, in one word; plan, manifest and undo script all have it."""

from __future__ import annotations

from enum import StrEnum


class SubjectKind(StrEnum):
    """The host itself, or guests on it."""

    HOST = "host"
    GUESTS = "guests"
