"""The relay's main loop: frames in, each answered in a thread of its own."""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
import time
from typing import Any, BinaryIO, Callable, Dict, Tuple

from runbook.transport.relay import channels, files, gate, inodes, netlink, processes
from runbook.transport.relay.commands import Commands
from runbook.transport.relay.frames import MAGIC, Decoder, Frame, FrameError, encode

# The client says something every two seconds. Silence this long means that it
# is gone and that the network did not say so.
IDLE_S = 30

Operation = Callable[[Dict[str, Any], bytes], Tuple[Dict[str, Any], bytes]]


class Relay:
    """Serves one client until its input ends."""

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        """Frames come from `stdin`; answers go to `stdout`."""
        self._stdin = stdin
        self._stdout = stdout
        self._writing = threading.Lock()
        self._silence = 0
        self._commands = Commands()
        self._channels = channels.Channels(self._send)
        self._operations: Dict[str, Operation] = {
            "ping": lambda _header, _payload: ({}, b""),
            "run": self._commands.run,
            "open_packet": self._channels.open_packet,
            "close": self._channels.close,
            "send_frame": channels.send_frame,
        }
        self._operations.update(files.OPERATIONS)
        self._operations.update(inodes.OPERATIONS)
        self._operations.update(netlink.OPERATIONS)
        self._operations.update(processes.OPERATIONS)

    def serve(self) -> None:
        """Answer until the input ends."""
        self._stdout.write(MAGIC)
        self._send({"id": 0, "python": platform.python_version(), "uid": os.geteuid()}, b"")
        threading.Thread(target=self._watch, daemon=True).start()
        decoder = Decoder()
        read1: Callable[[int], bytes] = getattr(self._stdin, "read1")  # noqa: B009 (not in BinaryIO)
        while True:
            data = read1(1 << 16)
            if not data:
                return
            self._silence = 0
            for frame in decoder.feed(data):
                self._dispatch(frame)

    def stop(self) -> None:
        """End what runs, then this process, whatever its threads are waiting for."""
        self._commands.stop()
        os._exit(0)

    def _dispatch(self, frame: Frame) -> None:
        if "id" in frame.header:
            threading.Thread(target=self._answer, args=(frame,), daemon=True).start()
        else:
            self._channels.transmit(frame.header["channel"], frame.payload)

    def _answer(self, frame: Frame) -> None:
        try:
            header, payload = self._perform(frame)
        except gate.GateShut as shut:
            header, payload = {"error": str(shut), "gate_shut": True}, b""
        except OSError as error:
            header, payload = _describe(error), b""
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the client must hear of it)
            header, payload = {"error": repr(error)}, b""
        number = frame.header["id"]
        try:
            self._send(dict(header, id=number), payload)
        except FrameError as error:
            self._send({"id": number, "error": str(error)}, b"")

    def _perform(self, frame: Frame) -> Tuple[Dict[str, Any], bytes]:
        operation = self._operations[frame.header["op"]]
        guard = frame.header.get("guard")
        if guard is None:
            return operation(frame.header, frame.payload)
        with gate.passed(*guard):
            return operation(frame.header, frame.payload)

    def _send(self, header: Dict[str, Any], payload: bytes) -> None:
        data = encode(header, payload)
        try:
            with self._writing:
                self._stdout.write(data)
                self._stdout.flush()
        except OSError:
            self.stop()

    def _watch(self) -> None:
        # Counted in turns of one second, so that a machine that was suspended
        # does not mistake the pause for silence.
        while self._silence < IDLE_S:
            time.sleep(1)
            self._silence += 1
        self.stop()


def _describe(error: OSError) -> Dict[str, Any]:
    return {
        "error": error.strerror or str(error) or type(error).__name__,
        "errno": error.errno,
        "path": error.filename if isinstance(error.filename, str) else "",
    }


def main() -> None:
    """Serve the standard streams."""
    relay = Relay(sys.stdin.buffer, sys.stdout.buffer)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _stack: relay.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        relay.serve()
    finally:
        relay.stop()
