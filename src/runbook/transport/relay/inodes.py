"""What may keep a file from being replaced, beside its owner and its mode.

That is chattr(1), a mount that is read-only or that stands on the file itself, and hard links.
"""

from __future__ import annotations

import ctypes
import os
import re
import stat
import struct
from typing import Any, Dict, List, Match, Tuple

Answer = Tuple[Dict[str, Any], bytes]

# statx(2). Unlike FS_IOC_GETFLAGS its numbers are the same on every architecture.
_AT_FDCWD, _AT_SYMLINK_NOFOLLOW, _BASIC_STATS = -100, 0x100, 0x7FF
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20
_SIZE, _ATTRIBUTES = 256, struct.Struct("=8xQ")
_LIBC = ctypes.CDLL(None, use_errno=True)
_MOUNTS = "/proc/self/mountinfo"
_OCTAL = re.compile(rb"\\([0-7]{3})")


def inodes(header: Dict[str, Any], _payload: bytes) -> Answer:
    """For each of `paths`: the file if it is there, and the nearest folder above that is.

    Of a symbolic link it is the file that it leads to.
    """
    mounts = _mount_points()
    return {"inodes": [_standing(path, mounts) for path in header["paths"]]}, b""


def _standing(path: str, mounts: List[str]) -> List[Dict[str, Any]]:
    path = os.path.realpath(path)
    # A link that leads nowhere, or round, has no file behind it.
    facts = [_facts(path, mounts)] if os.path.exists(path) else []
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    facts.append(_facts(folder, mounts))
    return facts


def _facts(path: str, mounts: List[str]) -> Dict[str, Any]:
    status, attributes = os.lstat(path), _attributes(path)
    return {
        "path": path,
        "folder": stat.S_ISDIR(status.st_mode),
        "immutable": bool(attributes & _IMMUTABLE),
        "append_only": bool(attributes & _APPEND_ONLY),
        "read_only": bool(os.statvfs(path).f_flag & os.ST_RDONLY),
        "mount": _mount_of(path, mounts),
        "links": status.st_nlink,
    }


def _attributes(path: str) -> int:
    buffer = ctypes.create_string_buffer(_SIZE)
    place = ctypes.c_char_p(os.fsencode(path))
    flags, mask = ctypes.c_int(_AT_SYMLINK_NOFOLLOW), ctypes.c_uint(_BASIC_STATS)
    if _LIBC.statx(ctypes.c_int(_AT_FDCWD), place, flags, mask, buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return int(_ATTRIBUTES.unpack_from(buffer.raw)[0])


def _mount_points() -> List[str]:
    with open(_MOUNTS, "rb") as file:
        points = [line.split()[4] for line in file]
    return [os.fsdecode(_OCTAL.sub(_byte, point)) for point in points]


def _byte(match: Match[bytes]) -> bytes:
    return bytes([int(match[1], 8)])


def _mount_of(path: str, mounts: List[str]) -> str:
    above = [m for m in mounts if path == m or path.startswith(m.rstrip("/") + "/")]
    return max(above, key=len, default="/")


OPERATIONS = {"inodes": inodes}
