"""A configuration file as it was found inside a guest, and whether it may be kept elsewhere."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from runbook.redact import is_secret
from runbook.state.files import redact

_WORD = re.compile(r"[A-Za-z][\w-]*")
# Names of secrets where they stand alone: netplan's and WireGuard's, iw's.
_KEYS = frozenset({"key", "keys", "private", "shared"})


@dataclass(frozen=True, slots=True)
class InsideFile:
    """A configuration file of the guest; `mode` is the permission bits.

    `sha256` stands for a content that is not kept; '' where it is.
    """

    path: str
    content: bytes
    mode: int
    sha256: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of what it holds."""
        return self.sha256 or hashlib.sha256(self.content).hexdigest()

    @property
    def harmless(self) -> str | None:
        """Its text; None where it is not kept, is no text, or a word in it names a secret.

        Stricter than what withholds a file: a comment is enough.
        """
        try:
            text = self.content.decode()
        except UnicodeDecodeError:
            return None
        words = _WORD.findall(text)
        odd = self.sha256 or any(is_secret(word) or word.lower() in _KEYS for word in words)
        return None if odd or redact(text) != text else text
