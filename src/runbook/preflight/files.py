"""The host's files: whether they can be judged, and whether those that the plan writes can be."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.files import FileRow, contents
from runbook.state.host.environment import WritePath
from runbook.state.syntax import ifupdown
from runbook.transport.host import Inode

NUL = "\0"
NOT_JUDGED = "a file that is misjudged here can take the host off the network at its next boot"
NOT_WRITTEN = "if a file cannot be written, the change or its undo stops halfway"


@looked_for("files: read", "ifupdown reads each of its files to the end", NOT_JUDGED)
def _read(case: Case) -> Iterator[Finding]:
    texts = contents(case.snapshot.rows(FileRow))
    for path in ifupdown.reached(texts):
        content = texts[path]
        if NUL in content:
            line = content[: content.index(NUL)].count("\n") + 1
            yield Finding(
                "block",
                "files: read",
                f"{path} has a NUL byte in line {line}",
                "ifupdown reads such a line only in part",
                f"take the byte out of line {line}",
            )
        elif _counts(path, content, case.params.holder) and (line := ifupdown.misplaced(content)):
            yield Finding(
                "block",
                "files: read",
                f"{path}: ifupdown stops reading at line {line}, which belongs to no stanza",
                "at the next boot ifupdown configures nothing from this file",
                f"correct line {line}; then `ifquery --list` has to print no error",
            )


def _counts(path: str, content: str, nic: str) -> bool:
    """Whether the boot goes wrong where ifupdown does not read the whole file."""
    stanzas = ifupdown.parse(path, content)
    return path == ifupdown.INTERFACES or any(
        ifupdown.physical(stanza.name) == nic for stanza in stanzas
    )


@looked_for("files: write", "the plan can write or remove each of its files", NOT_WRITTEN)
def _write(case: Case) -> Iterator[Finding]:
    unknown = [write.path for write in case.around.writes if not write.inodes]
    if unknown:
        yield Finding(
            "note",
            "files: write",
            f"the recording does not say whether these can be written: {', '.join(unknown)}",
            NOT_WRITTEN,
            "nothing; the host itself is asked before a change",
        )
    stops = (finding for write in case.around.writes for finding in _stops(write))
    yield from dict.fromkeys(stops)


def _stops(write: WritePath) -> Iterator[Finding]:
    for inode in write.inodes:
        for current, then in (*_flags(inode), *_mounts(inode), *_names(inode)):
            yield Finding("block", "files: write", current, NOT_WRITTEN, then)


def _flags(inode: Inode) -> Iterator[tuple[str, str]]:
    if inode.immutable:
        yield f"{inode.path} is immutable (chattr +i)", f"chattr -i {quote(inode.path)}"
    if inode.append_only:
        yield f"{inode.path} is append-only (chattr +a)", f"chattr -a {quote(inode.path)}"


def _mounts(inode: Inode) -> Iterator[tuple[str, str]]:
    if not inode.folder and inode.path == inode.mount:
        then = f"write the file below it: umount {quote(inode.path)}"
        yield f"{inode.path} is a mount point: another file is mounted over it", then
    elif inode.read_only:
        then = f"mount -o remount,rw {quote(inode.mount)}"
        yield f"{inode.path} is on a read-only file system, {inode.mount}", then


def _names(inode: Inode) -> Iterator[tuple[str, str]]:
    if not inode.folder and inode.links > 1:
        path, new = quote(inode.path), quote(f"{inode.path}.new")
        yield (
            f"{inode.path} has {inode.links} names (hard links); an edit would change only one",
            f"make it a file of its own: cp -a {path} {new} && mv {new} {path}",
        )


# What any change needs, whatever it is about.
OF_ANY_CHANGE = (_write,)
RULES = (_read, _write)
