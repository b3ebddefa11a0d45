"""Which names are those of secrets: ``wpa-psk``, ``API_KEY``, ``X-Auth-Token``, ``apiKey``."""

from __future__ import annotations

import re

REDACTED = "<redacted>"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_APART = re.compile(r"[-.\s]")
_SECRET = re.compile(
    r"(?<!no)passw|passphrase|passcode|(?<!by)(?<!com)pass$|secret|token|credential|authorization"
    r"|psk$|(?<!old)pwd$|(^|_)(psk|pin|auth|pw|cookies?|community)(_|$)"
    r"|(^|_)r[ow]community6?$|(bind|root|admin|user|vnc)_?pw$|authtok|(^|_)cak$|(^|_)key_string$"
    r"|(api|private|access|shared|ssh)_?keys?(_|\d|$)"
    r"|(?<!public)(?<!host)(?<!primary)(?<!foreign)_keys?\d*$"
)
# Each of these is also a word of plain English: "the password is asked for".
_WORD = re.compile(
    r"(pass|passwd|password|passphrase|passcode|secret|token|credential|cookie|pin|pw|pwd)s?"
    r"|auth|authorization|community"
)
# And these mean something else in most places.
_VAGUE = re.compile(r"(pass|pin|cookie|pw|pwd)s?|auth|community")


def _plain(name: str) -> str:
    return _APART.sub("_", _CAMEL.sub("_", name)).lower()


def is_secret(name: str) -> bool:
    """Whether this is the name of a secret."""
    return _SECRET.search(_plain(name)) is not None


def is_word(name: str) -> bool:
    """Whether the name of a secret is a word of plain English too."""
    return _WORD.fullmatch(_plain(name)) is not None


def is_vague(name: str) -> bool:
    """Whether the name of a secret means something else in most places."""
    return _VAGUE.fullmatch(_plain(name)) is not None
