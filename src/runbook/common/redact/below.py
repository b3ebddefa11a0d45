"""Values that stand on the lines below their name, as YAML and dhclient.conf have them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.common.redact.names import is_secret

Span = tuple[int, int]
# The last word of a line, and the sign behind it that a value follows.
_OPEN = re.compile(r"(?<![\w.-])([\w.-]+)[\"']?[ \t]*([:=][ \t]*(?:[|>][+-]?\d?)?)?[ \t\r]*\Z")
# A key of YAML's whose value begins on its line, behind its anchor or tag.
_BEGUN = re.compile(r"((?:[ \t]|- )*)[\"']?([\w.-]+)[\"']?[ \t]*:[ \t]+(?=[^ \t\r#])")
# In apostrophes two of them are one, in quotation marks a backslash spells one.
_SINGLE, _DOUBLE = r"(?:''|[^'])*", r'(?:\\.|[^"\\])*'
_UNCLOSED = re.compile(
    r"(?<![\w.-])([\w.-]+)[\"']?[ \t]*[:=][ \t]*(?:[&!]\S*[ \t]+)*"
    rf"(?P<rest>'{_SINGLE}|\"{_DOUBLE}\\?)\Z"
)
_CLOSED = {
    "'": re.compile(f"{_SINGLE}(?='(?!'))"),
    '"': re.compile(f'{_DOUBLE}(?=")', re.DOTALL),
}
# In braces a value ends with a comma or the brace, on whichever line.
_IN_BRACES = re.compile(r"(?<![\w.-])([\w.-]+)[\"']?[ \t]*:[ \t]+[^,\[\]{}'\"][^,\[\]{}]*\Z")
# So near to the end of its line such a value begins; from each colon on it is looked through.
_NEAR = 1024
_TO_COMMA = re.compile(r"[^,\[\]{}]*(?=[,}])")
# An apostrophe that is none of YAML's would otherwise take the rest of a file with it.
_FAR = 4096
_KEY = re.compile(r"keys?", re.IGNORECASE)
_COMMENT = re.compile(r"[ \t]*[#;]")
_CONTENT = re.compile(r"[ \t#;]*([^\n]*)")


def below(text: str, start: int, end: int) -> Iterator[Span]:
    """What belongs to the name that ends the line from `start` to `end`, a line each."""
    line = text[start:end].rstrip("\n")
    yield from _going_on(text, line, start, end)
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


def _going_on(text: str, line: str, start: int, end: int) -> Iterator[Span]:
    """What a value that begins on its name's line has on the lines below, as YAML folds it."""
    unclosed = _UNCLOSED.search(line)
    if unclosed and is_secret(unclosed[1]):
        quoted = tuple(_until(_CLOSED[unclosed["rest"][0]], text, end))
        if quoted:
            yield start + unclosed.start("rest") + 1, start + len(line)
            yield from quoted
            return
    if (begun := _BEGUN.match(line)) and is_secret(begun[2]):
        yield from _further_in(text, end, len(begun[1]))
    elif "{" in line and (inner := _IN_BRACES.search(line[-_NEAR:])) and is_secret(inner[1]):
        yield from _until(_TO_COMMA, text, end)


def _until(inside: re.Pattern[str], text: str, at: int) -> Iterator[Span]:
    """The lines down to where this ends, the last one so far; none if that is far away."""
    match = inside.match(text, at, at + _FAR)
    while match and at <= match.end():
        end = text.find("\n", at) + 1 or len(text)
        line = text[at : min(end, match.end())].rstrip("\n")
        yield at + _indent(line), at + len(line)
        at = end


def _next(text: str, at: int, begins: str) -> Iterator[Span]:
    """The next line, if it begins with one of these signs."""
    content = _CONTENT.match(text, at)
    if content and content[0].lstrip(" \t")[:1] in tuple(begins):
        yield content.span(1)


def _deeper(text: str, at: int, indent: int) -> Iterator[Span]:
    """Lines that stand further in, or are in its list; a first one in quotes wherever it is."""
    yield from _next(text, at, begins="\"'")
    yield from _listed(text, at, indent)
    yield from _further_in(text, at, indent)


def _listed(text: str, at: int, indent: int) -> Iterator[Span]:
    """The parts of a list, which YAML lets stand as far out as its name."""
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].rstrip()
        if _indent(line) <= indent and not line.startswith(f"{' ' * indent}- "):
            return
        yield at + min(indent + 2, len(line)), at + len(line)
        at = end


def _further_in(text: str, at: int, indent: int) -> Iterator[Span]:
    """All lines that stand further in."""
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].rstrip()
        if line and _indent(line) <= indent:
            return
        yield at + _indent(line), at + len(line)
        at = end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
