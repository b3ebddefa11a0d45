"""The text of a record that a search looks through: all but whole states and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runbook.common import handed_files
from runbook.records.files import MANIFEST

# A whole state says of every host that it has an address. What changed is in diff.json.
STATES = ("before", "after", "now", "seen", "commands-before", "commands-after", "pulse")
LEFT_OUT = (".html", ".ipynb", ".sig")
LARGEST = 1 << 20


def of(folder: Path) -> str:
    """The text; a file that cannot be read as text is left out."""
    return "\n".join(_each(folder))


def _each(folder: Path) -> Iterator[str]:
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if _is_searched(path.name):
                with suppress(OSError, ValueError):
                    yield handed_files.text(path, LARGEST, through_links=False)


def _is_searched(name: str) -> bool:
    stem = name.partition(".")[0].rstrip("0123456789").rstrip("-")
    apart = name.startswith(".") or name == MANIFEST or name.endswith(LEFT_OUT)
    return not apart and stem not in STATES
