"""Where the value begins and ends that stands behind the name of a secret on a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from runbook.common.redact.names import REDACTED, is_secret, is_vague, is_word

Span = tuple[int, int]
# Within a line that goes on, the line's end is a blank as any other.
_GAP = r"(?:[ \t\r]|\\\r?\n)"
_CLOSED = r"(?:\\?[\"'`)\]}]+)?"
_GIVEN = re.compile(rf"{_CLOSED}{_GAP}*(?:=>|:=|[+?:]?=|:){_GAP}*")
_SPACE = re.compile(rf"{_CLOSED}{_GAP}+")
# As a list in Python or JSON has it: "--password", "SECRET".
_LISTED = re.compile(rf"\\?[\"']{_GAP}*,{_GAP}*(?=\\?[\"'])")
_TAG = re.compile(r"[^<>\n]*>(?=[^<\n]*</)")
_QUOTE = re.compile(r"\\?[\"']")
_QUOTED = re.compile(r"(?<!\\)\"(?:\\.|[^\"\\])*\"|(?<![\w\\])'[^']*'(?!\w)", re.DOTALL)
_BEGINS = re.compile(r"(?:^|[;{}|&(`])[ \t#;/\"'!]*\Z", re.MULTILINE)
# More than stands between the beginning of a statement and its first word.
_AHEAD = 80
_NOTHING = re.compile(r"[;|&(){}<>]+(?=[ \t\r\n]|$)|[,.;:!?)]*$")
_WORD = re.compile(r"[^ \t\r\n]+")
_SINGLE = re.compile(r"[\w.-]+")
# Lines of ifupdown's in which words are names of interfaces and files: one may be called "psk".
_DECLARES = re.compile(
    r"[ \t]*(?:auto|allow-\S+|iface|mapping|rename|template|source|source-directory|no-\S+"
    r"|address|bridge[_-]ports|bond-slaves|slaves|vlan-raw-device)\s"
)


@dataclass(frozen=True)
class LogicalLine:
    """A line with those that it goes on in; `prose` is text in which a secret's name is a word.

    In prose "the password is asked for" says nothing secret. In a file of configuration
    whatever stands behind such a word may be one.
    """

    text: str
    prose: bool = False

    def value(self, start: int, end: int) -> Span | None:
        """The value of the name from `start` to `end`; None where it has none."""
        if given := _GIVEN.match(self.text, end) or _LISTED.match(self.text, end):
            return self._until(start, given.end())
        if self.text[start - 1 : start] in ("<", ":") and (tag := _TAG.match(self.text, end)):
            return tag.end(), self.text.index("<", tag.end())
        space = _SPACE.match(self.text, end)
        if space is None or not self._takes_space(start, end, space.end()):
            return None
        return self._until(start, space.end(), word=self.prose)

    def _takes_space(self, start: int, end: int, at: int) -> bool:
        name = self.text[start:end]
        if self.text[start - 1 : start] == "-" or _QUOTE.match(self.text, at):
            return True
        if self.prose or _DECLARES.match(self.text):
            return self.prose and not is_word(name)
        return not is_vague(name) or self._begins(start)

    def _begins(self, at: int) -> bool:
        """Whether a statement begins there."""
        return _BEGINS.search(self.text[max(0, at - _AHEAD) : at]) is not None

    def _until(self, start: int, at: int, *, word: bool = False) -> Span | None:
        """The value from `at` on: in quotes, or as far as what it stands in."""
        end = self._context(start, at)
        if at == end < len(self.text) - 1 and not self.text[end + 1].isspace():
            # Quotes that end behind the name, and a word joined to them: "Token: "SECRET.
            at, end = end + 1, len(self.text)
        if _NOTHING.match(self.text, at, end):
            return None
        if quote := _QUOTE.match(self.text, at, end):
            find = self.text.find if self.prose else self.text.rfind
            closing = find(quote[0], quote.end(), end)
            return quote.end(), end if closing < 0 else closing
        match = _WORD.match(self.text, at, end)
        # In prose something may follow what was redacted before.
        if match and (word or (self.prose and match[0].endswith(REDACTED))):
            return match.span()
        return at, end

    def _context(self, start: int, at: int) -> int:
        """The end of the quotes in which both name and value stand, or of the line."""
        around = (end for begin, end in self._quotes if begin < start and at < end)
        return next(around, len(self.text) + 1) - 1 if self._quotes else len(self.text)

    @cached_property
    def _quotes(self) -> tuple[Span, ...]:
        return tuple(found.span() for found in _QUOTED.finditer(self.text))


def is_value(before: str, word: str) -> bool:
    """Whether a word of a command is the value of the name that is the word before it."""
    name = before.lstrip("-").rstrip(":=")
    if not is_secret(name) or not _SINGLE.fullmatch(name):
        return False
    return before.startswith("-") or not (is_vague(name) or word.startswith(("-", "!")))
