"""One promise held against what is on the host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One promise compared with the host; only a `required` check can fail a change."""

    about: str
    promised: str
    seen: str
    kept: bool
    required: bool = True


def equal(about: str, promised: str, current: str) -> Check:
    """A check that holds where both texts are the same."""
    return Check(about, promised, current or "nothing", promised == current)


def none(about: str, present: Sequence[str]) -> Check:
    """A check that holds where nothing is left."""
    return Check(about, "none", " ".join(present) or "none", not present)


def unkept(checks: Iterable[Check]) -> str:
    """What each of these promised and what is there instead, a line each."""
    return "\n".join(f"  - {c.about}: promised {c.promised}, seen {c.seen}" for c in checks)
