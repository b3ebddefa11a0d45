"""What was handed over, by place and digest: `outputs/.handed-over/`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from runbook.common import handed_files

FOLDER = ".handed-over"


def digests(outputs: Path) -> dict[str, str]:
    """The digest of each record that is not here any more; a list that is damaged is left out."""
    found: dict[str, str] = {}
    for path in sorted((outputs / FOLDER).glob("*.json")):
        with suppress(OSError, ValueError):
            document = handed_files.json_object(handed_files.text(path)).get("records")
            if isinstance(document, dict):
                found |= {str(place): str(digest) for place, digest in document.items()}
    return found
