"""Files that are there whole or not at all, and are on the disk when the call returns."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def create(path: Path, content: bytes) -> None:
    """Write a new private file; raises FileExistsError, leaving the old one, if it is there."""
    temporary = _temporary(path, content)
    try:
        # A link is refused where the name is taken; a rename would replace it.
        os.link(temporary, path)
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def replace(path: Path, content: bytes, mode: int | None = None) -> None:
    """Replace the file; without a `mode`, the file keeps its old mode."""
    temporary = _temporary(path, content)
    try:
        kept = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        temporary.chmod(kept if mode is None else mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append(path: Path, content: bytes) -> None:
    """Add to a private file, made if need be."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    descriptor = os.open(path, flags, PRIVATE_FILE)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make one private folder that was not there; raises FileExistsError if it was."""
    path.mkdir(mode=PRIVATE_FOLDER)
    sync_folder(path.parent)


@contextmanager
def alone(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock that this file stands for; raises BlockingIOError if it may not wait.

    It is let go when the program dies.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """See to it that a new name in the folder survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _temporary(path: Path, content: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
