"""How papermill writes a notebook to an absolute path: whole or not at all, without secrets.

papermill itself writes in place, several times a run, so that a power cut can
leave half a notebook. It hands a handler only those paths that begin with the
handler's scheme, here ``/``; a relative path stays with papermill's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runbook import durable
from runbook.redact import REDACTED, is_secret, redact, secrets_in

_ASSIGNMENT = re.compile(r"^(\s*)(\w+)(\s*=\s*)(.*)$")


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
        durable.replace(Path(path), redacted(buf).encode())

    @classmethod
    def pretty_path(cls, path: str) -> str:
        """The path as papermill logs it."""
        return path


def redacted(buf: str) -> str:
    """An executed notebook's JSON without the values of secret-looking parameters."""
    try:
        notebook = json.loads(buf)
    except json.JSONDecodeError:
        # Not a notebook, so there is no parameter in it.
        return buf
    told = notebook.get("metadata", {}).get("papermill", {})
    secrets = {**told.get("parameters", {}), **told.get("environment_variables", {})}
    if not any(is_secret(name) for name in secrets):
        return buf
    for cell in notebook["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["source"] = _without_values(cell["source"])
    cleaned = _everywhere(notebook, secrets)
    return json.dumps(cleaned, indent=1, ensure_ascii=False) + "\n"


def _everywhere(notebook: dict[str, Any], secrets: Mapping[str, object]) -> object:
    return redact(notebook, secrets_in(secrets))


def _without_values(source: str | list[str]) -> str:
    lines = (source if isinstance(source, str) else "".join(source)).splitlines()
    return "\n".join(_line(line) for line in lines)


def _line(line: str) -> str:
    found = _ASSIGNMENT.match(line)
    if found is None or not is_secret(found[2]):
        return line
    return f"{found[1]}{found[2]}{found[3]}{REDACTED!r}"
