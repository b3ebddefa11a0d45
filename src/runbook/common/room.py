"""How much a folder of this machine can still take."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes free in a folder; `problem` is why no file can be written there, '' if one can."""

    path: str
    free_bytes: int
    problem: str = ""


def measure(folder: Path) -> Room:
    """Try to write a file without a name, which leaves nothing behind.

    Of a folder that does not exist yet, the nearest one above it is measured.
    """
    there = next((p for p in (folder, *folder.parents) if os.path.lexists(p)), folder)
    try:
        with tempfile.TemporaryFile(dir=there, buffering=0) as file:
            file.write(b"\0")
            os.fsync(file.fileno())
        found = os.statvfs(there)
    except OSError as error:
        return Room(str(there), 0, error.strerror or str(error))
    return Room(str(there), found.f_bavail * found.f_frsize)
