"""How each question to a Reader, and its answer, stands in a recording."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runbook.transport.host import Completed, GuestXML, HostFile, Inode, NetworkXML
from runbook.transport.process import Process, from_json, to_json
from runbook.transport.recording import Question, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

NETWORKS: Question = ("networks",)
GUESTS: Question = ("guests",)
LIBVIRT_VERSION: Question = ("libvirt_version",)
# Where a netlink header holds what differs between two askings of one thing.
_SEQUENCE_AND_PORT = slice(8, 16)


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


def to_completed(argv: Sequence[str], answer: dict[str, Any]) -> Completed:
    """The command's end that `from_completed` was given."""
    stdout, stderr = unpack(answer["stdout"]), unpack(answer["stderr"])
    return Completed(tuple(argv), answer["returncode"], stdout, stderr)


def from_file(found: HostFile | None) -> dict[str, Any] | None:
    """A file, or its absence, as JSON."""
    if found is None:
        return None
    owner = {"mode": f"{found.mode:04o}", "uid": found.uid, "gid": found.gid}
    return {"content": pack(found.content), **owner}


def to_file(path: str, answer: dict[str, Any] | None) -> HostFile | None:
    """The file that `from_file` was given."""
    if answer is None:
        return None
    content, mode = unpack(answer["content"]), int(answer["mode"], 8)
    return HostFile(path, content, mode, answer["uid"], answer["gid"])


def from_processes(found: Sequence[Process]) -> list[dict[str, Any]]:
    """Processes as JSON."""
    return [to_json(one) for one in found]


def to_processes(answer: list[dict[str, Any]]) -> tuple[Process, ...]:
    """The processes that `from_processes` was given."""
    return tuple(from_json(one) for one in answer)


def from_all(
    found: Sequence[NetworkXML] | Sequence[GuestXML] | Sequence[Inode],
) -> list[dict[str, Any]]:
    """Networks, guests or inodes as JSON."""
    return [asdict(one) for one in found]


def to_inodes(answer: list[dict[str, Any]]) -> tuple[Inode, ...]:
    """The inodes that `from_all` was given."""
    return tuple(Inode(**one) for one in answer)
