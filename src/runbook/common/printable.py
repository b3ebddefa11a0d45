"""Text from a host, a guest or the LAN, made safe to print: no character drives a terminal."""

from __future__ import annotations

# The lone surrogates that stand for the bytes 0x80 to 0xff (PEP 383).
_FIRST, _LAST = "\udc80", "\udcff"


def printable(text: str) -> str:
    r"""The text with line breaks kept, and every other control or format character spelled out.

    An escape sequence sets a terminal's title or its colours, a carriage return hides a line,
    and U+202E (right-to-left override) shows a name backwards. A byte that is not UTF-8, which
    stands as a lone surrogate (octets.py), is spelled as the byte: `\x9b`.
    """
    # Most texts are, and a table has thousands of them.
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _spelled(c) for c in text)


def one_line(text: str) -> str:
    """The text as the comment of a script: a line break in a name would begin a command."""
    return " ".join(text.split())


def _spelled(character: str) -> str:
    if _FIRST <= character <= _LAST:
        return f"\\x{ord(character) & 0xFF:02x}"
    return character.encode("unicode_escape").decode()
