"""A guest's console through libvirt, as a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runbook.transport import libvirt_stream

READABLE = 1


class Flooded:
    """A stream on which something always waits."""

    def __init__(self) -> None:
        self.event: Callable[..., None] = lambda *_: None

    def recv(self, size: int) -> bytes:
        return b"x" * size

    def eventAddCallback(self, _events: int, event: Any, _opaque: Any) -> None:  # noqa: N802, ANN401 (libvirt's name, and it ships no types)
        self.event = event

    def eventRemoveCallback(self) -> None:  # noqa: N802 (libvirt's name)
        """Nothing more comes."""

    def abort(self) -> None:
        """Likewise."""


def test_a_console_that_is_flooded_ends_and_keeps_no_more_than_some_mebibytes() -> None:
    stream = Flooded()
    near = libvirt_stream.bridged(stream)
    near.settimeout(60)
    stream.event(stream, READABLE, None)
    came = 0
    while data := near.recv(1 << 20):
        came += len(data)
    assert 1 << 20 < came < 64 << 20
    near.close()
