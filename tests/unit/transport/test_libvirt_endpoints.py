"""Against libvirt's in-memory driver, which has no agent and no console, and a made-up stream."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import libvirt
import pytest

from runbook.common.errors import AgentSilent, ConsoleTaken, HypervisorUnavailable, NoConsole
from runbook.transport.hypervisor import Hypervisor
from runbook.transport.libvirt_endpoints import LibvirtDoors
from runbook.transport.libvirt_stream import bridged


@pytest.fixture
def hypervisor() -> Iterator[Hypervisor]:
    made = Hypervisor("here", "test:///default")
    yield made
    made.close()


@pytest.mark.parametrize("guest", ["test", "none"])
def test_a_guest_without_either_says_so(hypervisor: Hypervisor, guest: str) -> None:
    doors = LibvirtDoors("server-01", guest, hypervisor)
    with pytest.raises(AgentSilent, match=f"the agent of guest {guest}") as silent:
        doors.ask_agent("{}", timeout=1)
    with pytest.raises(NoConsole, match=f"guest {guest} has no serial console") as mute:
        doors.open_console(force=False)
    assert (silent.value.host, mute.value.host) == ("server-01", "server-01")


def test_a_guest_that_libvirt_does_not_answer_for_is_given_up(hypervisor: Hypervisor) -> None:
    released: list[None] = []

    def hangs(_domain: object) -> None:
        while not released:
            time.sleep(0.01)

    try:
        with pytest.raises(HypervisorUnavailable, match="no answer in time"):
            hypervisor.of_guest("test", hangs, 0.1)
    finally:
        released.append(None)


def test_a_console_that_is_taken_is_told_with_ways_that_there_are(
    hypervisor: Hypervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> None:
        raise libvirt.libvirtError("operation failed: Active console session exists")

    monkeypatch.setattr(hypervisor, "of_guest", taken)
    with pytest.raises(ConsoleTaken) as caught:
        LibvirtDoors("server-01", "vm-01", hypervisor).open_console(force=False)
    assert "restart this kernel" in caught.value.then
    assert "virsh console vm-01 --force" in caught.value.then


class FakeStream:
    """A libvirt stream: takes a few bytes at a time, and hands on what `arrives`."""

    def __init__(self) -> None:
        self.sent = b""
        self.over = False
        self._waiting: list[bytes | int] = []
        self._full = 2

    def eventAddCallback(self, _events: int, call: Callable[..., None], opaque: object) -> None:  # noqa: N802 - libvirt's name
        self._call, self._opaque = call, opaque

    def eventRemoveCallback(self) -> None:  # noqa: N802 - libvirt's name
        pass

    def arrives(self, *parts: bytes, events: int = libvirt.VIR_STREAM_EVENT_READABLE) -> None:
        self._waiting += [*parts, -2]
        self._call(self, events, self._opaque)

    def recv(self, _size: int) -> bytes | int:
        return self._waiting.pop(0)

    def send(self, data: bytes) -> int:
        if self._full:
            self._full -= 1
            return -2
        self.sent += data[:3]
        return min(3, len(data))

    def abort(self) -> None:
        self.over = True


def near(stream: Any) -> socket.socket:  # noqa: ANN401 - stands in for a virStream
    made = bridged(stream)
    made.settimeout(5)
    return made


def test_bytes_go_both_ways_whole_and_in_order() -> None:
    stream = FakeStream()
    console = near(stream)
    stream.arrives(b"log", b"in: ")
    assert console.makefile("rb").read(7) == b"login: "
    console.sendall(b"root\rpassword\r")
    console.shutdown(socket.SHUT_WR)
    assert wait_for(lambda: stream.over)
    assert stream.sent == b"root\rpassword\r"


def test_a_stream_that_ends_closes_the_console() -> None:
    stream = FakeStream()
    console = near(stream)
    stream.arrives(events=libvirt.VIR_STREAM_EVENT_HANGUP)
    assert console.recv(100) == b""
    assert wait_for(lambda: stream.over)


def wait_for(so: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not so() and time.monotonic() < end:
        time.sleep(0.01)
    return so()
