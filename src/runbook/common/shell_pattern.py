"""Does a name match a shell pattern, in a time that grows with the length of both."""

from __future__ import annotations

from fnmatch import fnmatchcase


def matches(name: str, pattern: str) -> bool:
    """Whether it does; `[` without a `]` behind it is an ordinary character.

    For each such `[` fnmatch itself searches the whole rest of the pattern: 100,000 of them take
    minutes.
    """
    head, closing, tail = pattern.rpartition("]")
    return fnmatchcase(name, f"{head}{closing}{tail.replace('[', '[[]')}")
