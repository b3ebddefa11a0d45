"""One record in a list: host, run, who, when, how it ended, why."""

from __future__ import annotations

from dataclasses import dataclass

# What `fact` is for a record that cannot be read, and for a run that goes on.
UNREADABLE, RUNNING, WAITING = "unreadable", "running", "waiting"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record. `place` is its folder below outputs/, as host/change.

    `links` are the changes that it belongs to, `sealed` whether it has a manifest, `open` whether a
    person has to look at the host, as far as this record by itself says.
    """

    place: str
    host: str
    change_id: str
    kind: str
    subject: str
    person: str
    begun: str
    ended: str
    fact: str
    words: str
    said: str
    ticket: str
    reason: str
    duration_s: float | None
    sealed: bool
    open: bool
    links: tuple[str, ...] = ()
