"""The syntax of /etc/network/interfaces, as interfaces(5) describes it. Pure.

Only where stanzas begin and end, and what kind they are: whoever edits a
stanza edits its lines, and leaves every other byte of the file as it is.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runbook.common import shell_pattern

INTERFACES = "/etc/network/interfaces"
SOURCES = ("source", "source-directory")
KINDS = ("iface", "mapping", "auto", *SOURCES, "rename", "template")
WITH_OPTIONS = ("iface", "mapping")
# Options of a stanza that are commands.
HOOKS = frozenset({"pre-up", "up", "post-up", "down", "pre-down", "post-down"})
INHERITS = "inherits"
# isspace(3) in the C locale, by which ifupdown parts words. Python takes more for a space.
_SPACE = " \t\n\v\f\r"
_WORD = re.compile(f"[^{_SPACE}]+")
# All that source-directory takes; `source` takes whatever its pattern does.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Stanza:
    """Lines `first` to `last` of `path`, counted from 1; options as (word, rest) pairs.

    `name`, `family` and `method` are of an iface stanza: ``iface NAME FAMILY
    METHOD``. Trailing blank lines and comments are not part of it. `inherits` is
    the stanza whose options it has besides its own, '' if none.
    """

    path: str
    first: int
    last: int
    kind: str
    name: str
    family: str
    method: str
    options: tuple[tuple[str, str], ...]
    inherits: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A logical line: continuation lines joined, with its physical extent."""

    first: int
    last: int
    words: tuple[str, ...]


def stanzas(contents: Mapping[str, str]) -> tuple[Stanza, ...]:
    """Every stanza that ifupdown reads of these files, file by file as it takes them in."""
    read = reached(contents)
    return tuple(stanza for path in read for stanza in parse(path, contents[path]))


def reached(contents: Mapping[str, str]) -> tuple[str, ...]:
    """The paths that ifupdown reads, beginning with its first file; it ignores all others."""
    paths: dict[str, None] = {}
    waiting = [INTERFACES]
    while waiting:
        path = waiting.pop(0)
        if path in contents and path not in paths:
            paths[path] = None
            waiting += _taken_in(path, contents)
    return tuple(paths)


def _taken_in(path: str, contents: Mapping[str, str]) -> Iterator[str]:
    for kind, pattern in _patterns(path, contents[path]):
        for other in sorted(contents):
            folder, name = posixpath.split(other)
            plain = kind == "source" or _PLAIN_NAME.fullmatch(name)
            # As in a shell: a star stays within one folder, and passes over hidden files.
            within = folder.count("/") == posixpath.dirname(pattern).count("/")
            plain_name = plain and within and not name.startswith(".")
            if plain_name and shell_pattern.matches(other, pattern):
                yield other


def parse(path: str, content: str) -> tuple[Stanza, ...]:
    """The stanzas of one file."""
    stanzas: list[list[_Line]] = []
    for line in _logical(content):
        if _begins(line) or not stanzas:
            stanzas.append([line])
        else:
            stanzas[-1].append(line)
    return tuple(_stanza(path, lines) for lines in stanzas if _begins(lines[0]))


def misplaced(content: str) -> int:
    """The first line that belongs to no stanza, 0 if none: ifupdown reads no further than that."""
    kind = ""
    for line in _logical(content):
        if _begins(line):
            kind = line.words[0]
        elif kind not in WITH_OPTIONS:
            return line.first
    return 0


def sourced(path: str, content: str) -> tuple[str, ...]:
    """Shell patterns of the files that this one takes in."""
    return tuple(pattern for _, pattern in _patterns(path, content))


def _patterns(path: str, content: str) -> Iterator[tuple[str, str]]:
    folder = posixpath.dirname(path)
    for stanza in parse(path, content):
        if stanza.kind in SOURCES:
            end = "/*" if stanza.kind == "source-directory" else ""
            for word in words(stanza.name):
                yield stanza.kind, posixpath.join(folder, word) + end


def words(line: str) -> tuple[str, ...]:
    """The words of a line."""
    return tuple(_WORD.findall(line))


def is_comment(line: str) -> bool:
    """Whether a line is one, unless it goes on with the line before it."""
    return line.lstrip(_SPACE).startswith("#")


def physical(name: str) -> str:
    """The interface that a stanza's name is about: that of `eth0:1` is eth0."""
    return name.partition(":")[0]


def _logical(content: str) -> Iterator[_Line]:
    pending, first = "", 0
    for number, line in enumerate(content.split("\n"), start=1):
        first = first or number
        if line.endswith("\\") and not (pending == "" and is_comment(line)):
            pending += line[:-1] + " "
            continue
        joined = pending + line
        if words(joined) and not is_comment(joined):
            yield _Line(first, number, words(joined))
        pending, first = "", 0
    if words(pending):
        # The file ends where a line should have gone on.
        yield _Line(first, number, words(pending))


def _begins(line: _Line) -> bool:
    word = line.words[0]
    return word in KINDS or word.startswith(("allow-", "no-auto-down", "no-scripts"))


def _stanza(path: str, lines: list[_Line]) -> Stanza:
    kind, *rest = lines[0].words
    name, family, method = " ".join(rest), "", ""
    inherits = ""
    if kind == "iface":
        if INHERITS in rest[1:]:
            at = rest.index(INHERITS, 1)
            rest, inherits = rest[:at], " ".join(rest[at + 1 :])
        name, family, method = (*rest, "", "", "")[:3]
    options = tuple((line.words[0], " ".join(line.words[1:])) for line in lines[1:])
    ends = lines[0].first, lines[-1].last
    return Stanza(path, *ends, kind, name, family, method, options, inherits)
