"""Files that somebody else may have made, as a record, a recording or a notebook may be.

A named pipe would be waited for without end, a device never ends, and a small packed file can
hold more than a machine's memory. Each of these is refused. A link in a record could lead to any
file of the operator.
"""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import stat
import zlib
from pathlib import Path
from typing import Any

# A record of a host with 100,000 routes has some 40 MiB.
LARGEST = 256 << 20


def read(path: Path, largest: int = LARGEST, *, through_links: bool = True) -> bytes:
    """The file's bytes; OSError for what is no regular file, and for what is larger."""
    if not through_links and path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link", str(path))
    # Without O_NONBLOCK the opening itself would wait for the other end of a pipe.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags if through_links else flags | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        return _within(file.read(largest + 1), path, largest)


def text(path: Path, largest: int = LARGEST, *, through_links: bool = True) -> str:
    """The file's text, which is UTF-8, each line break as one line feed."""
    content = read(path, largest, through_links=through_links)
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read()


def unpacked(content: bytes, path: Path, largest: int = LARGEST) -> bytes:
    """What a gzip file of this content holds; OSError for more than `largest` bytes."""
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    told = _within(unpacking.decompress(content, largest + 1), path, largest)
    if not unpacking.eof:
        raise EOFError("the packed file is cut short")
    if unpacking.unused_data:
        raise gzip.BadGzipFile("something follows the packed file")
    return told


def json_object(text: str) -> dict[str, Any]:
    """The object that JSON text holds; ValueError for anything else, however deep it is nested."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004 - a damaged text, not a wrong call
    return value


def _within(content: bytes, path: Path, largest: int) -> bytes:
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"it is larger than {largest >> 20} MiB", str(path))
    return content
