"""Values as YAML that every reader takes for what they are.

Here the parser has no surprises, but others read these files too: YAML 1.1
takes ``52:54:00:12:34:56`` for a number and ``on`` for a truth value. Text that
is not plainly a word, an address or a network stands in quotes.
"""

from __future__ import annotations

import json
import re

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.+/-]*")
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}(?:/[0-9]+)?")
# What YAML 1.1 reads as something else, in any spelling.
_TAKEN = frozenset(["y", "yes", "n", "no", "true", "false", "on", "off", "null"])


def scalar(value: object) -> str:
    """One value on one line; a list as [a, b]."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(scalar(item) for item in value)}]"
    text = str(value)
    plain = _ADDRESS.fullmatch(text) or (_WORD.fullmatch(text) and text.lower() not in _TAKEN)
    # A string of JSON is one of YAML as well.
    return text if plain else json.dumps(text, ensure_ascii=False)
