"""A configuration file as it was found inside a guest, and whether it may be kept elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from runbook.state.guest.secrets import names_secret, without_arguments


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
        """Its text; None where it is not kept, is no text, or may have a secret in it.

        Stricter than what withholds a file: a word that names one is enough, and so are the
        arguments of a hook that nobody knows.
        """
        try:
            text = self.content.decode()
        except UnicodeDecodeError:
            return None
        odd = self.sha256 or names_secret(text) or without_arguments(text) != text
        return None if odd else text
