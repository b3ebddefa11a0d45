"""Files on the host: read in batches, written atomically and durably."""

from __future__ import annotations

import contextlib
import errno
import glob as globbing
import os
import stat
from typing import Any, Dict, List, Tuple

Answer = Tuple[Dict[str, Any], bytes]

_ABSENT = (errno.ENOENT, errno.ENOTDIR)
# A pattern such as interfaces.d/* means files, and a folder may stand among them.
_NO_FILE = (*_ABSENT, errno.EISDIR)
_CHUNK = 1 << 20
# No file that configures anything is as large.
_LARGEST = 1 << 26
# Of all files of one request; one frame holds as much.
_TOGETHER = 1 << 28
# The kernel's own digests of what a file holds.
_OF_CONTENT = ("security.ima", "security.evm")


def read(header: Dict[str, Any], _payload: bytes) -> Answer:
    """Read `paths`: a list of mode, owner and size, or None; contents joined."""
    files: List[Dict[str, int] | None] = []
    contents = []
    room = _TOGETHER
    for path in header["paths"]:
        try:
            status, content = _read_one(path)
        except OSError as error:
            if error.errno not in _NO_FILE:
                error.filename = path
                raise
            files.append(None)
            continue
        mode = stat.S_IMODE(status.st_mode)
        files.append(
            {"mode": mode, "uid": status.st_uid, "gid": status.st_gid, "size": len(content)}
        )
        contents.append(content)
        room -= len(content)
        if room < 0:
            most = _TOGETHER >> 20
            raise OSError(errno.EFBIG, "with the files before it, more than %d MiB" % most, path)
    return {"files": files}, b"".join(contents)


def _read_one(path: str) -> Tuple[os.stat_result, bytes]:
    # Without O_NONBLOCK, opening a named pipe would wait for its other end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        # Files of /proc and /sys say size 0: only reading to the end tells.
        content = bytearray()
        while len(content) <= _LARGEST:
            piece = os.read(descriptor, _CHUNK)
            if not piece:
                return status, bytes(content)
            content += piece
        raise OSError(errno.EFBIG, "it has more than %d MiB" % (_LARGEST >> 20), path)
    finally:
        os.close(descriptor)


def write(header: Dict[str, Any], payload: bytes) -> Answer:
    """Replace `path` by the payload in one step, owner and mode set before it shows.

    Through a symbolic link it is the link's target that is replaced, so that
    a linked configuration file stays a link. A file that was there passes on its extended
    attributes, access control lists among them.
    """
    path = os.path.realpath(header["path"])
    if os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), header["path"])
    attributes = _passed_on(path) if os.path.lexists(path) else {}
    folder, name = os.path.split(path)
    # The leading dot keeps the name out of `source interfaces.d/*` and run-parts.
    temporary = os.path.join(folder, ".%s.runbook-%d" % (name[:200], os.getpid()))
    try:
        _create(temporary, payload, header, attributes)
        os.rename(temporary, path)
    except BaseException:
        _forget(temporary)
        raise
    _sync_folder(folder)
    return {}, b""


def _passed_on(path: str) -> Dict[str, bytes]:
    """The extended attributes of a file that may be replaced; OSError for one that may not."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    if status.st_nlink > 1:
        raise OSError(errno.EMLINK, "it has other names (hard links), which would part", path)
    try:
        names = os.listxattr(path)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        names = []
    return {name: os.getxattr(path, name) for name in names if name not in _OF_CONTENT}


def _create(
    path: str, content: bytes, header: Dict[str, Any], attributes: Dict[str, bytes]
) -> None:
    _forget(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        os.fchown(descriptor, header["uid"], header["gid"])
        for name, value in attributes.items():
            os.setxattr(descriptor, name, value)
        # After the owner, who takes the set-id bits along, and after a list that has the mode too.
        os.fchmod(descriptor, header["mode"])
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append(header: Dict[str, Any], payload: bytes) -> Answer:
    """Append to `path`, which must exist, and fsync; all of the payload or none."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(header["path"], flags)
    try:
        size = os.fstat(descriptor).st_size
        try:
            _write_all(descriptor, payload)
            os.fsync(descriptor)
        except OSError:
            # A full disk must not leave half a line in a journal.
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    return {}, b""


def remove(header: Dict[str, Any], _payload: bytes) -> Answer:
    """Remove a file or symbolic link durably; absent is not an error."""
    try:
        os.unlink(header["path"])
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return {}, b""
    _sync_folder(os.path.dirname(os.path.abspath(header["path"])))
    return {}, b""


def move(header: Dict[str, Any], _payload: bytes) -> Answer:
    """Rename `path` to `to` in the same folder, durably; absent is not an error.

    A symbolic link is renamed itself, whatever it leads to.
    """
    try:
        os.rename(header["path"], header["to"])
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return {}, b""
    _sync_folder(os.path.dirname(os.path.abspath(header["to"])))
    return {}, b""


def make_dir(header: Dict[str, Any], _payload: bytes) -> Answer:
    """Create `path` with `mode`, and its parents, durably; present is not an error."""
    path = os.path.abspath(header["path"])
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for folder in reversed(missing):
        os.mkdir(folder)
        os.chmod(folder, header["mode"] if folder == missing[0] else 0o755)
        _sync_folder(os.path.dirname(folder))
    return {}, b""


def symlink(header: Dict[str, Any], _payload: bytes) -> Answer:
    """Create a symbolic link durably; `created` is False if the path exists."""
    try:
        os.symlink(header["target"], header["path"])
    except FileExistsError:
        return {"created": False}, b""
    _sync_folder(os.path.dirname(os.path.abspath(header["path"])))
    return {"created": True}, b""


def glob(header: Dict[str, Any], _payload: bytes) -> Answer:
    """The paths matching `patterns`, sorted for each; an unreadable folder is an error."""
    return {"paths": [path for pattern in header["patterns"] for path in _matching(pattern)]}, b""


def _matching(pattern: str) -> List[str]:
    literal = pattern
    while globbing.has_magic(literal):
        literal = os.path.dirname(literal)
    if os.path.isdir(literal) and not os.access(literal, os.R_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), literal)
    return sorted(globbing.glob(pattern, recursive=True))


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


OPERATIONS = {
    "read": read,
    "write": write,
    "append": append,
    "remove": remove,
    "move": move,
    "make_dir": make_dir,
    "symlink": symlink,
    "glob": glob,
}
