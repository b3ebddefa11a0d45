"""Secrets taken out of command lines and of firewall rules, word by word.

What comes out has the same words in the same order, so it is read as what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runbook.common.redact.names import REDACTED
from runbook.common.redact.text import redact_text
from runbook.common.redact.values import is_value

# Options of curl and wget whose word is USER:SECRET.
_USER = ("-u", "-U", "--user", "--proxy-user")


def redact_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """The words of a command, each with its secrets taken out."""
    return tuple(_words(argv))


def _words(argv: Sequence[str]) -> Iterator[str]:
    before = ""
    for word in argv:
        if is_value(before, word):
            yield REDACTED
        elif before in _USER and ":" in word:
            yield f"{word.partition(':')[0]}:{REDACTED}"
        else:
            yield redact_text(word)
        before = word
