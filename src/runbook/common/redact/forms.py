"""Finds secrets by their form, whatever their name is."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
# The group of each is the secret itself.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # ssh://user:SECRET@host; a user alone is none.
        r"://[^\s/:@\"'<>]*:([^\s/\"'<>]+)@",
        # The options of curl and wget: -u user:SECRET, -u "user:SECRET".
        r"(?<![\w-])(?:-u|--(?:proxy-)?user)[ \t=]*\\?[\"'][^\s:\"']*:([^\"'\n]+)",
        r"(?<![\w-])(?:-u|--(?:proxy-)?user)[ \t=]*[^\s:\"'=-][^\s:\"']*:([^\s\"']\S*)",
        r"\bbearer[ \t]+([\w.~+/=-]{8,})",
        r"\bsshpass[ \t]+-p[ \t]*(\S+)",
        # What crypt(3) makes of a password.
        r"(\$(?:[1567y]|2[abxy]|gy)\$[^\s:\"'$]+\$[^\s:\"']+)",
        # A JSON web token; tokens of GitHub, GitLab, Slack, AWS and OpenAI.
        r"\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)",
        r"\b((?:gh[pousr]|github_pat|glpat|xox[abprs]|sk)[-_][\w-]{16,}|AKIA[0-9A-Z]{16})\b",
        # iw's: connect lan key 0:SECRET, d:1:SECRET.
        r"\bkeys?[ \t]+(?:d:)?\d:(\S+)",
    )
)
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END |[\"']")
# A line of a private key: base64, a header of an old one, or empty. In a comment too.
_BODY = re.compile(r"[ \t#;|>]*(?:[A-Za-z0-9+/=]+|[A-Za-z-]+: [\w,-]+)?[ \t\r]*")


def spans(line: str) -> Iterator[Span]:
    """Where on a line there is something of these forms."""
    for form in _FORMS:
        yield from (found.span(1) for found in form.finditer(line))


def key_spans(text: str) -> Iterator[Span]:
    """Where there are private keys, without the lines that begin and end each."""
    for begin in _BEGIN.finditer(text):
        yield begin.end(), _end_of_key(text, begin.end())


def _end_of_key(text: str, start: int) -> int:
    """The end on the same line, or behind all lines that look like a key."""
    at = _end_of_line(text, start)
    end = _END.search(text, start, at)
    if end:
        return end.start()
    while at < len(text) and _BODY.fullmatch(text, at + 1, _end_of_line(text, at + 1)):
        at = _end_of_line(text, at + 1)
    return at


def _end_of_line(text: str, start: int) -> int:
    found = text.find("\n", start)
    return len(text) if found < 0 else found
