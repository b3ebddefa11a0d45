"""Secrets are known by the names they go by, and their values are taken out.

No parameter of this package is a secret. What is caught here is what somebody
injects or writes by mistake, before it is kept in a record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

REDACTED = "<redacted>"
_NAMES = re.compile(
    r"pass(wd|word|phrase)?$|passw|passphrase|secret|token|credential"
    r"|(^|_)(psk|pin|auth)($|_)|(api|private|access|pre_?shared|ssh)_?key",
    re.IGNORECASE,
)
# A shorter value stands in too many innocent words to be taken out of them.
SHORTEST = 4


def is_secret(name: str) -> bool:
    """Whether a value of this name is not to be kept."""
    return _NAMES.search(name.replace("-", "_")) is not None


def secrets_in(values: Mapping[str, object]) -> tuple[str, ...]:
    """The values that have secret names, as text, the longest first."""
    found = {str(v) for k, v in values.items() if is_secret(k) and v is not None}
    return tuple(sorted((v for v in found if v), key=len, reverse=True))


def redact(value: object, secrets: tuple[str, ...] = ()) -> object:
    """JSON-like data without secrets: by the key they stand under, and wherever they recur."""
    if isinstance(value, Mapping):
        return {
            k: REDACTED
            if is_secret(str(k)) and isinstance(v, str | int | float)
            else redact(v, secrets)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item, secrets) for item in value]
    return redact_text(value, secrets) if isinstance(value, str) else value


def redact_text(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every occurrence of the secrets taken out."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, REDACTED)
    return text
