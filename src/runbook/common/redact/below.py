"""Values that stand on the lines below their name, as YAML and dhclient.conf have them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.common.redact.names import is_secret

Span = tuple[int, int]
# The last word of a line, and the sign behind it that a value follows.
_OPEN = re.compile(r"([\w.-]+)[\"']?[ \t]*([:=][ \t]*(?:[|>][+-]?\d?)?)?[ \t\r]*\Z")
_KEY = re.compile(r"keys?", re.IGNORECASE)
_COMMENT = re.compile(r"[ \t]*[#;]")
_CONTENT = re.compile(r"[ \t#;]*([^\n]*)")


def below(text: str, start: int, end: int) -> Iterator[Span]:
    """What belongs to the name that ends the line from `start` to `end`, a line each."""
    line = text[start:end].rstrip("\n")
    opened = _OPEN.search(line)
    if opened is None:
        return
    # `key:` alone is too common a word; with a sign behind it, a value follows.
    is_key = bool(opened[2]) and _KEY.fullmatch(opened[1])
    if not (is_key or is_secret(opened[1])):
        return
    if not opened[2]:
        yield from _next(text, end, begins="\"'")
    elif _COMMENT.match(line):
        yield from _next(text, end, begins="#;")
    else:
        yield from _deeper(text, end, _indent(line))


def _next(text: str, at: int, begins: str) -> Iterator[Span]:
    """The next line, if it begins with one of these signs."""
    content = _CONTENT.match(text, at)
    if content and content[0].lstrip(" \t")[:1] in tuple(begins):
        yield content.span(1)


def _deeper(text: str, at: int, indent: int) -> Iterator[Span]:
    """All lines that stand further in; a first one in quotes wherever it stands."""
    yield from _next(text, at, begins="\"'")
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].rstrip()
        if line and _indent(line) <= indent:
            return
        yield at + _indent(line), at + len(line)
        at = end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
