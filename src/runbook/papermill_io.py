"""How papermill writes a notebook to an absolute path: whole or not at all, without secrets.

papermill itself writes in place, several times a run, so that a power cut can
leave half a notebook. It hands a handler only those paths that begin with the
handler's scheme, here ``/``; a relative path stays with papermill's own.
"""

from __future__ import annotations

from pathlib import Path

from runbook import durable
from runbook.redact import redact_notebook


class AtomicHandler:
    """The handler for the scheme "/"; papermill calls it on the class."""

    @classmethod
    def read(cls, path: str) -> str:
        """The file's text."""
        return Path(path).read_text(encoding="utf-8")

    @classmethod
    def listdir(cls, path: str) -> list[str]:
        """The full paths in a folder."""
        return sorted(str(inside) for inside in Path(path).iterdir())

    @classmethod
    def write(cls, buf: str, path: str) -> None:
        """Redact, then replace the file in one operation; raises OSError as writing does."""
        durable.replace(Path(path), redact_notebook(buf).encode())

    @classmethod
    def pretty_path(cls, path: str) -> str:
        """The path as papermill logs it."""
        return path
