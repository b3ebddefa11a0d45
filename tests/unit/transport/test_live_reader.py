"""What a reader makes of a packet socket that says no."""

from __future__ import annotations

import copy
import errno
import struct
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import cast

import pytest

from runbook.common.errors import ReadFailed, StepFailed
from runbook.transport.host import HostFile
from runbook.transport.hypervisor import Hypervisor
from runbook.transport.live import LiveHost
from runbook.transport.live_reader import LiveReader
from runbook.transport.relay.frames import Frame
from runbook.transport.session import RelayChannel, RelayRefused, RelaySession

MAC = b"02:00:00:00:01:01\n"


class Refusing(RelayChannel):
    """A socket that the kernel lets nothing through."""

    def __init__(self, number: int) -> None:
        self._errno = number

    def send(self, payload: bytes) -> None:
        del payload

    def receive(self, timeout: float | None) -> Frame | None:
        del timeout
        raise RelayRefused("no", self._errno)

    def close(self) -> None:
        """Nothing is open."""


class Relay:
    """As much of a session as asking by ARP takes."""

    def __init__(self, number: int) -> None:
        self._errno = number

    def request(self, op: str, payload: bytes, **fields: object) -> Frame:
        del payload, fields
        assert op == "read"
        status = {"size": len(MAC), "mode": 0o444, "uid": 0, "gid": 0}
        return Frame({"files": [status]}, MAC)

    def open(self, op: str, **fields: object) -> RelayChannel:
        assert (op, fields["ifname"]) == ("open_packet", "enp4s0f0")
        return Refusing(self._errno)


def reader(number: int) -> LiveReader:
    return LiveReader("server-01", cast("RelaySession", Relay(number)), cast("Hypervisor", None))


def test_nobody_answers_where_the_interface_is_down() -> None:
    assert reader(errno.ENETDOWN).who_has("172.16.1.1", "enp4s0f0") == ()


def test_a_socket_that_fails_is_not_taken_for_silence() -> None:
    with pytest.raises(ReadFailed, match=r"ask for 172\.16\.1\.1 by ARP on enp4s0f0"):
        reader(errno.ENOBUFS).who_has("172.16.1.1", "enp4s0f0")


class Odd(Relay):
    """A session whose relay answers in a shape of its own."""

    def request(self, op: str, *payload: bytes, **fields: object) -> Frame:
        del op, payload, fields
        return Frame({"paths": 5, "files": [{"size": 1}], "inodes": [[{}]]}, b"")

    def submit(self, op: str, *payload: bytes, **fields: object) -> Frame:
        return self.request(op, *payload, **fields)

    def result(self, answer: Frame, timeout: float) -> Frame:
        del timeout
        return answer


@pytest.mark.parametrize(
    "ask",
    [
        lambda host: host.glob("/a*"),
        lambda host: host.read_files(["/a"]),
        lambda host: host.inodes(["/a"]),
        lambda host: host.processes(["a"]),
        lambda host: host.query(["true"]),
    ],
    ids=["glob", "read_files", "inodes", "processes", "query"],
)
def test_an_answer_of_another_shape_is_told_with_the_host(
    ask: Callable[[LiveReader], object],
) -> None:
    host = LiveReader("server-01", cast("RelaySession", Odd(0)), cast("Hypervisor", None))
    with pytest.raises(ReadFailed, match="relay answers") as caught:
        ask(host)
    assert caught.value.host == "server-01"


@pytest.mark.parametrize(
    "write",
    [
        lambda host: host.execute(["true"]),
        lambda host: host.symlink("/a", "/b"),
        lambda host: host.send_netlink(struct.pack("=IHHII", 16, 16, 5, 1, 0)),
    ],
    ids=["execute", "symlink", "send_netlink"],
)
def test_a_write_that_is_answered_in_another_shape_is_a_step_not_known_to_be_made(
    host: LiveHost, write: Callable[[LiveHost], object]
) -> None:
    odd = copy.copy(host)
    odd._session = cast("RelaySession", Odd(0))  # noqa: SLF001 (a copy of a live host with an odd relay)
    with pytest.raises(StepFailed, match="relay answers") as caught:
        write(odd)
    assert "not known to be made" in caught.value.state


@pytest.mark.parametrize(
    "refusal",
    [{"error": 5}, {"error": "no", "errno": "a"}, {"error": "no", "errno": 1 << 40}],
)
def test_a_refusal_in_other_words_is_a_refusal(host: LiveHost, refusal: dict[str, object]) -> None:
    answer: Future[Frame] = Future()
    answer.set_result(Frame(refusal, b""))
    with pytest.raises(RelayRefused, match="not in the words of the program's own relay"):
        host._session.result(answer, 1)  # noqa: SLF001 (the relay itself refuses well)


def test_a_file_too_large_for_a_frame_is_refused_and_the_connection_stays(
    host: LiveHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("runbook.transport.relay.frames.PAYLOAD_LIMIT", 10)
    with pytest.raises(StepFailed, match="too large for one frame"):
        host.write_file(HostFile(str(tmp_path / "a"), b"x" * 11, 0o600))
    monkeypatch.undo()
    assert host.query(["true"]).returncode == 0
