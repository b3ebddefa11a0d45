"""A moment as a person reads it: in UTC, and in local time where that is another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

# Of a clock that is set to UTC, or whose zone is not known.
SAME = ("", "+00:00")


def utc(moment: datetime) -> str:
    """As 2026-03-01 12:00:00 UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def utc_and_local(moment: datetime, offset: str) -> str:
    """With the local time behind it; `offset` is that of its clock, as +01:00."""
    shown = utc(moment)
    if offset in SAME:
        return shown
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = (int(part) for part in offset[1:].split(":"))
    local = moment.astimezone(timezone(sign * timedelta(hours=hours, minutes=minutes)))
    return f"{shown} ({local:%Y-%m-%d %H:%M:%S} {offset})"


def offset_here(moment: datetime) -> str:
    """The offset of this machine's clock at that moment, as +01:00."""
    told = f"{moment.astimezone():%z}"
    return f"{told[:3]}:{told[3:5]}"


def from_iso(text: str) -> str:
    """A moment that a program wrote, as a person reads it here; as it is, if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return utc_and_local(moment.astimezone(UTC), offset_here(moment))
