"""Search files of a host for lines, each with its number and without its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from runbook.common import octets
from runbook.common.redact import REDACTED, is_secret, redact_text
from runbook.state.host.grep import grep
from runbook.transport.host import Reader

MOST_LINES = 200
_FOUND = re.compile(rb"([^\0]+)\0(\d+):([^\n]*)\n")


class Line(NamedTuple):
    """A line that was searched for; number 0 is the name of the file."""

    number: int
    text: str


def search(
    host: Reader,
    how: tuple[str, ...],
    pattern: str,
    places: Iterable[str],
    unread: list[str] | None = None,
) -> dict[str, tuple[Line, ...]]:
    """What grep finds in each file; `how` are options of grep for the places."""
    options = ("-I", "-D", "skip", "-H", "-n", "-Z", "-o", f"--max-count={MOST_LINES}", "-E")
    by_path: dict[str, list[Line]] = {}
    for path, number, text in _FOUND.findall(grep(host, (*how, *options), pattern, places, unread)):
        lines = by_path.setdefault(octets.text_of(path), [])
        lines.append(Line(int(number), _excerpt(path, octets.text_of(text), pattern)))
    return {path: tuple(lines) for path, lines in by_path.items()}


def _excerpt(path: bytes, text: str, pattern: str) -> str:
    """The line without its secrets; of a file that is all secrets (chap-secrets) only the name."""
    if is_secret(octets.text_of(path).rpartition("/")[2]):
        found = re.search(pattern, text)
        return f"{found[1] if found else ''} {REDACTED}".strip()
    return redact_text(text).strip()
