"""Asking over a Unix socket, one JSON object a line: QEMU's monitor (QMP) and its guest agent."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRWPair
from pathlib import Path
from typing import Any

from runbook.lab.shell import failed


@dataclass(frozen=True, slots=True)
class Line:
    """One open connection."""

    stream: BufferedRWPair

    def send(self, command: str, arguments: dict[str, Any] | None = None) -> None:
        """Send one command."""
        asked = {"execute": command} | ({"arguments": arguments} if arguments else {})
        self.stream.write(json.dumps(asked).encode() + b"\n")
        self.stream.flush()

    def receive(self) -> dict[str, Any]:
        """The next object; OSError if the connection ended, or nothing came in time."""
        line = self.stream.readline()
        if not line:
            raise ConnectionResetError("the connection ended")
        # The agent puts this byte before what answers a guest-sync-delimited.
        received: dict[str, Any] = json.loads(line.lstrip(b"\xff"))
        return received

    def ask(self, command: str, arguments: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send a command, and wait for what it returns; events in between are left out."""
        self.send(command, arguments)
        while True:
            answer = self.receive()
            if "error" in answer:
                raise failed(command, answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]


@contextmanager
def line(path: Path, timeout_s: float) -> Iterator[Line]:
    """A connection to the socket; everything waited for has this end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        connection.connect(str(path))
        with connection.makefile("rwb") as stream:
            yield Line(stream)


def monitor(
    path: Path, command: str, arguments: dict[str, Any] | None = None, timeout_s: float = 60.0
) -> Any:  # noqa: ANN401 - JSON
    """What QEMU's monitor returns to one command."""
    with line(path, timeout_s) as connection:
        connection.receive()
        connection.ask("qmp_capabilities")
        return connection.ask(command, arguments)
