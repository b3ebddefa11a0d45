"""What a person does in a guest that nobody else can get into. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.moves.inside import Wanted


@dataclass(frozen=True, slots=True)
class ByHand:
    """Instructions: why a person is needed, what to look for, to write, to run, what is checked.

    `file` and `stanza` are for ifupdown; `before` is the stanza as it stands where
    it is known, else ''. `others` says where other network managers keep theirs.
    """

    guest: str
    why: tuple[str, ...]
    find: tuple[str, ...]
    file: str
    before: str
    stanza: str
    commands: tuple[str, ...]
    back: tuple[str, ...]
    others: tuple[str, ...]
    checked: tuple[str, ...]

    def text(self) -> str:
        """All of it, numbered, as plain text."""
        raise NotImplementedError


def by_hand(wanted: Wanted, why: tuple[str, ...], before: str = "") -> ByHand:
    """The instructions; `why` says what was tried, one line each."""
    raise NotImplementedError
