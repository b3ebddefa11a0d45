"""What the relay answers, as its operations have it: the far side may send anything at all.

Each decoder raises ValueError for an answer of another shape, of sizes that do not fit, or of
numbers out of range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, StrictBool, StrictInt

from runbook.transport.host import Completed, HostFile, Inode
from runbook.transport.process import Process
from runbook.transport.relay.frames import Frame

# A name may hold a byte that is not UTF-8, and pydantic's own text may not.
Text = InstanceOf[str]
Size = Annotated[StrictInt, Field(ge=0)]
Number = Annotated[StrictInt, Field(ge=0, lt=1 << 32)]
Mode = Annotated[StrictInt, Field(ge=0, le=0o7777)]
# MAX_ERRNO of the kernel.
Errno = Annotated[StrictInt, Field(ge=0, le=4095)]


class Answer(BaseModel):
    """The header of an answer; what else it holds is not looked at."""

    model_config = ConfigDict(frozen=True)


M = TypeVar("M", bound=Answer)


class Refusal(Answer):
    """Of whatever the host did not do."""

    error: Text
    errno: Errno | None = None
    path: Text | None = None
    gate_shut: StrictBool = False


class Ran(Answer):
    """Of run: `stdout` is how many bytes of the payload it is; what follows is standard error."""

    returncode: StrictInt
    stdout: Size
    timed_out: StrictBool


class FileStatus(Answer):
    """A file of read."""

    mode: Mode
    uid: Number
    gid: Number
    size: Size


class Files(Answer):
    """Of read: None where there is no such file."""

    files: tuple[FileStatus | None, ...]


class InodeStatus(Answer):
    """A file or folder of inodes."""

    path: Text
    folder: StrictBool
    immutable: StrictBool
    append_only: StrictBool
    read_only: StrictBool
    mount: Text
    links: Size


class Inodes(Answer):
    """Of inodes."""

    inodes: tuple[tuple[InodeStatus, ...], ...]


class Paths(Answer):
    """Of glob."""

    paths: tuple[Text, ...]


class ProcessFacts(Answer):
    """A process of processes; each byte of its command line is a character of Latin-1."""

    pid: Size
    cmdline: Text
    exe: Text
    uids: tuple[Number, ...]
    owner: Text
    ppid: Size
    net_admin: StrictBool
    net: StrictBool | None
    mnt: StrictBool | None
    user: StrictBool | None


class Processes(Answer):
    """Of processes."""

    processes: tuple[ProcessFacts, ...]


class Created(Answer):
    """Of symlink."""

    created: StrictBool


class Acks(Answer):
    """Of send: sequence number, errno and the kernel's words for each message."""

    acks: tuple[tuple[StrictInt, Errno, Text], ...]


def read_header(kind: type[M], frame: Frame) -> M:
    """The header as one of these."""
    return kind.model_validate(frame.header)


def completed(argv: Sequence[str], ran: Ran, payload: bytes) -> Completed:
    """A command that has ended."""
    if ran.stdout > len(payload):
        raise ValueError(f"standard output has {ran.stdout} of {len(payload)} bytes")
    return Completed(tuple(argv), ran.returncode, payload[: ran.stdout], payload[ran.stdout :])


def files(paths: Sequence[str], frame: Frame) -> tuple[HostFile | None, ...]:
    """The files at these paths."""
    read: list[HostFile | None] = []
    start = 0
    for path, status in zip(paths, read_header(Files, frame).files, strict=True):
        if status is None:
            read.append(None)
            continue
        content = frame.payload[start : start + status.size]
        start += status.size
        read.append(HostFile(path, content, status.mode, status.uid, status.gid))
    if start != len(frame.payload):
        raise ValueError(f"the files have {start} of {len(frame.payload)} bytes")
    return tuple(read)


def inodes(paths: Sequence[str], frame: Frame) -> tuple[tuple[Inode, ...], ...]:
    """What stands at each of these paths."""
    places = read_header(Inodes, frame).inodes
    if len(places) != len(paths):
        raise ValueError(f"{len(places)} answers to {len(paths)} paths")
    return tuple(tuple(inode(at) for at in place) for place in places)


def inode(status: InodeStatus) -> Inode:
    """One of these as the rest of the package knows it."""
    return Inode(**status.model_dump())


def process(facts: ProcessFacts) -> Process:
    """Likewise a process."""
    fields: dict[str, Any] = facts.model_dump()
    return Process(**{**fields, "cmdline": facts.cmdline.encode("latin-1")})


def process_facts(process: Process) -> dict[str, Any]:
    """A process as the relay tells of it."""
    return {
        **asdict(process),
        "uids": list(process.uids),
        "cmdline": process.cmdline.decode("latin-1"),
    }
