"""One difference between a host and its record: what it is, how bad it is, what it means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad a difference is, the worst last."""

    HARMLESS = 1
    LESS = 2
    OFF_THE_LAN = 3
    NEXT_BOOT = 4

    @property
    def words(self) -> str:
        """As a person reads it."""
        return _WORDS[self]

    @property
    def exit_status(self) -> int:
        """What `runbook audit` ends with; 1 and 2 are errors of every verb."""
        return self + 2


_WORDS = {
    Severity.HARMLESS: "harmless",
    Severity.LESS: "less than recorded",
    Severity.OFF_THE_LAN: "off the LAN",
    Severity.NEXT_BOOT: "lost at the next boot",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that differs.

    `change` is added, removed or changed; `table` and `key` name the row of the state;
    `recorded` and `now` are its cells that differ, '' where there is no row.
    """

    severity: Severity
    change: str
    table: str
    key: str
    recorded: str
    now: str
    meaning: str
    then: str

    def as_dict(self) -> dict[str, object]:
        """In JSON's own types."""
        return {
            "severity": self.severity.name.lower(),
            "change": self.change,
            "table": self.table,
            "key": self.key,
            "recorded": self.recorded,
            "now": self.now,
            "meaning": self.meaning,
            "then": self.then,
        }


def exit_status(drifts: tuple[Drift, ...]) -> int:
    """0 for no difference, else that of the worst."""
    return max((drift.severity.exit_status for drift in drifts), default=0)
