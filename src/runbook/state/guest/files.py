"""A configuration file of a guest, and whether a copy may be kept outside of it."""

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
        """The file's text; None if it was not read, is no text, or may hold a secret.

        Stricter than what withholds a file: a word that names one is enough, and so are the
        arguments of a hook that nobody knows.
        """
        try:
            text = self.content.decode()
        except UnicodeDecodeError:
            return None
        odd = self.sha256 or names_secret(text) or without_arguments(text) != text
        return None if odd else text
