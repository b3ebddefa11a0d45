"""Who logs in at a guest's console, and where the password comes from.

It is asked for once, when a login wants it, and is in no record: `Secret` shows
itself to nobody who does not ask by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password; neither `repr` nor `str` nor JSON shows it."""

    _value: str

    def reveal(self) -> str:
        """The password itself, for the one who types it."""
        return self._value

    def __repr__(self) -> str:
        """Not the password."""
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user, and how to get the password when a login asks for it."""

    user: str
    password: Callable[[], Secret]
