"""What an undo left different in a guest: facts for the program, a line for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class DifferenceKind(Enum):
    """What is known of the guest."""

    FILE = auto()
    """A file is not as before."""
    SETTING = auto()
    """Something live is not as before: an address, a route, a DHCP client."""
    NOT_COMPARED = auto()
    """How the guest was before is not known, or nobody could look."""
    BY_HAND = auto()
    """A person may have changed it, and no undo of its own stands there."""


@dataclass(frozen=True, slots=True)
class GuestDifference:
    """One difference; `guest` is '' where not even its name is known."""

    guest: str
    kind: DifferenceKind
    text: str

    def __str__(self) -> str:
        """The line for the operator."""
        return self.text
