"""Secrets taken out of command lines and of firewall rules, word by word.

What comes out has the same words in the same order, so it is read as what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runbook.common.redact import forms
from runbook.common.redact.names import REDACTED
from runbook.common.redact.text import redact_text
from runbook.common.redact.values import is_value

# Options of curl and wget whose word is USER:SECRET.
_USER = re.compile(r"-[A-Za-z]{0,8}[uU]|--(?:proxy-)?user")
# As in `sshpass -p SECRET`.
_LONGEST_FORM = 3


def redact_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """The words of a command, each with its secrets taken out."""
    return tuple(_words(argv))


def _words(argv: Sequence[str]) -> Iterator[str]:
    for at, word in enumerate(argv):
        before = argv[at - 1] if at else ""
        if is_value(before, word) or _ends_form(argv[max(0, at + 1 - _LONGEST_FORM) : at], word):
            yield REDACTED
        elif _USER.fullmatch(before) and ":" in word:
            yield f"{word.partition(':')[0]}:{REDACTED}"
        else:
            yield redact_text(word)


def _ends_form(before: Sequence[str], word: str) -> bool:
    """Whether the word is or has a secret by the words that stand before it."""
    alone = set(forms.spans(word))
    start = sum(len(each) + 1 for each in before)
    spans = forms.spans(" ".join((*before, word)))
    return any(a >= start and (a - start, b - start) not in alone for a, b in spans)
