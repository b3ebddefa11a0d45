"""How each question to a Reader, and its answer, stands in a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, TypeAdapter

from runbook.transport import relay_answers
from runbook.transport.host import Completed, GuestXML, HostFile, Inode, NetworkXML
from runbook.transport.process import Process
from runbook.transport.recording import Packed, Question, pack
from runbook.transport.relay_answers import Answer, InodeStatus, Number, ProcessFacts, Text

NETWORKS: Question = ("networks",)
GUESTS: Question = ("guests",)
LIBVIRT_VERSION: Question = ("libvirt_version",)
# Where a netlink header holds what differs between two askings of one thing.
_SEQUENCE_AND_PORT = slice(8, 16)
# 0o0 to 0o7777, as Python writes it after the "0o".
_Mode = Annotated[str, Field(pattern=r"^[0-7]{1,4}$")]


class _Ran(Answer):
    returncode: StrictInt
    stdout: Packed
    stderr: Packed


class _File(Answer):
    content: Packed
    mode: _Mode
    uid: Number
    gid: Number


class _Network(Answer):
    name: Text
    defined: Text
    live: Text
    active: StrictBool
    persistent: StrictBool
    autostart: StrictBool


class _Guest(Answer):
    name: Text
    xml: Text
    state: Text
    autostart: StrictBool
    defined: Text = ""
    saved: StrictBool = False


_FILE = TypeAdapter(_File | None)
_PACKED = TypeAdapter(Packed)
_INODES = TypeAdapter(tuple[InodeStatus, ...])
_PROCESSES = TypeAdapter(tuple[ProcessFacts, ...])
_NETWORKS = TypeAdapter(tuple[_Network, ...])
_GUESTS = TypeAdapter(tuple[_Guest, ...])
_TEXTS = TypeAdapter(tuple[Text, ...])
_TEXT_OR_NONE = TypeAdapter(Text | None)
_NUMBER = TypeAdapter(StrictInt)


def query(argv: Sequence[str]) -> Question:
    """Ask what a command says."""
    return ("query", *argv)


def file(path: str) -> Question:
    """Ask what a file holds."""
    return ("file", path)


def inodes(path: str) -> Question:
    """Ask what may keep a file from being changed."""
    return ("inodes", path)


def glob(pattern: str) -> Question:
    """Ask which paths match."""
    return ("glob", pattern)


def processes(names: Sequence[str]) -> Question:
    """Ask for the processes with one of these names."""
    return ("processes", *names)


def dump(request: bytes) -> Question:
    """Ask for a kernel table, whatever the request's sequence number and port."""
    same = bytearray(request)
    same[_SEQUENCE_AND_PORT] = bytes(8)
    return ("dump", same.hex())


def gateway_mac_view(gateway: str, ifname: str) -> Question:
    """Ask which MAC the gateway answers to."""
    return ("gateway_mac_view", gateway, ifname)


def who_has(address: str, ifname: str) -> Question:
    """Ask which MACs answer for an address."""
    return ("who_has", address, ifname)


def from_completed(done: Completed) -> dict[str, Any]:
    """A command's end as JSON."""
    stdout, stderr = pack(done.stdout), pack(done.stderr)
    return {"returncode": done.returncode, "stdout": stdout, "stderr": stderr}


def to_completed(argv: Sequence[str], answer: object) -> Completed:
    """The command's end that `from_completed` was given; ValueError for anything else."""
    ran = _Ran.model_validate(answer)
    return Completed(tuple(argv), ran.returncode, ran.stdout.content, ran.stderr.content)


def from_file(file: HostFile | None) -> dict[str, Any] | None:
    """A file, or its absence, as JSON."""
    if file is None:
        return None
    owner = {"mode": f"{file.mode:04o}", "uid": file.uid, "gid": file.gid}
    return {"content": pack(file.content), **owner}


def to_file(path: str, answer: object) -> HostFile | None:
    """The file that `from_file` was given; ValueError for anything else, here and below."""
    file = _FILE.validate_python(answer)
    if file is None:
        return None
    return HostFile(path, file.content.content, int(file.mode, 8), file.uid, file.gid)


def from_processes(processes: Sequence[Process]) -> list[dict[str, Any]]:
    """Processes as JSON."""
    return [relay_answers.process_facts(process) for process in processes]


def to_processes(answer: object) -> tuple[Process, ...]:
    """The processes that `from_processes` was given."""
    return tuple(map(relay_answers.process, _PROCESSES.validate_python(answer)))


def from_all(
    values: Sequence[NetworkXML] | Sequence[GuestXML] | Sequence[Inode],
) -> list[dict[str, Any]]:
    """Networks, guests or inodes as JSON."""
    return [asdict(value) for value in values]


def to_inodes(answer: object) -> tuple[Inode, ...]:
    """The inodes that `from_all` was given."""
    return tuple(map(relay_answers.inode, _INODES.validate_python(answer)))


def to_networks(answer: object) -> tuple[NetworkXML, ...]:
    """The networks that `from_all` was given."""
    return tuple(NetworkXML(**each.model_dump()) for each in _NETWORKS.validate_python(answer))


def to_guests(answer: object) -> tuple[GuestXML, ...]:
    """The guests that `from_all` was given."""
    return tuple(GuestXML(**each.model_dump()) for each in _GUESTS.validate_python(answer))


def to_texts(answer: object) -> tuple[str, ...]:
    """Paths or MACs."""
    return _TEXTS.validate_python(answer)


def to_mac(answer: object) -> str | None:
    """A MAC; None where nobody answered."""
    return _TEXT_OR_NONE.validate_python(answer)


def to_number(answer: object) -> int:
    """A number."""
    return _NUMBER.validate_python(answer)


def to_bytes(answer: object) -> bytes:
    """What `pack` was given."""
    return _PACKED.validate_python(answer).content
