"""What a reader makes of a packet socket that says no."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import cast

import pytest

from runbook.common.errors import ReadFailed
from runbook.transport.hypervisor import Hypervisor
from runbook.transport.live_reader import LiveReader
from runbook.transport.relay.frames import Frame
from runbook.transport.session import Channel, RelayRefused, Session

MAC = b"02:00:00:00:01:01\n"


class Refusing(Channel):
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

    def open(self, op: str, **fields: object) -> Channel:
        assert (op, fields["ifname"]) == ("open_packet", "enp4s0f0")
        return Refusing(self._errno)


def reader(number: int) -> LiveReader:
    return LiveReader("server-01", cast("Session", Relay(number)), cast("Hypervisor", None))


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

    def submit(self, op: str, **fields: object) -> Frame:
        return self.request(op, **fields)

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
    host = LiveReader("server-01", cast("Session", Odd(0)), cast("Hypervisor", None))
    with pytest.raises(ReadFailed, match="relay answers") as caught:
        ask(host)
    assert caught.value.host == "server-01"
