"""The process that carries a connection: bytes both ways, last words, heartbeat."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING

from runbook.transport.relay.frames import MAGIC, Decoder, Frame, FrameError, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BEAT_S = 2
# ssh itself waits longer, because it has to wait for a slow login as well.
_SILENCE_S = 10
_NOISE_LIMIT = 1 << 18
_CHUNK = 1 << 16
_PING = encode({"id": -1, "op": "ping"})


class RelayWire:
    """A started process whose output is frames; `deliver` and `lose` are told.

    `lose` is called from a thread of the wire with a reason, when nothing more
    will come; it may be called more than once. `greeting` is what the login shell
    printed before the first frame.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        deliver: Callable[[Frame], None],
        lose: Callable[[str], None],
    ) -> None:
        """Start `argv`; FileNotFoundError if there is no such program."""
        self._deliver = deliver
        self._lose = lose
        self._process = subprocess.Popen(
            argv,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # An interrupt typed at the terminal is for this program, which
            # decides what becomes of the connection.
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        self._writing = threading.Lock()
        self._silence = 0
        self._words: deque[bytes] = deque(maxlen=64)
        self.greeting = b""
        self._listener = self._thread(self._listen)
        self._thread(self._read)

    def write(self, data: bytes) -> None:
        """Send all of `data`; OSError if the process does not take it."""
        with self._writing:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(_descriptor(self._process.stdin), rest[:_CHUNK]) :]
                self._silence = 0

    def keep_alive(self) -> None:
        """From now on, ask for a sign of life and give up after some silence."""
        self._silence = 0
        self._thread(self._beat)

    def close(self, patience: float = 5.0) -> None:
        """End the input and so the far end; then the process, if it must be."""
        # Not through a writer that may be stuck: its lock would never come.
        if self._writing.acquire(timeout=0.5):
            _stream(self._process.stdin).close()
            self._writing.release()
            self._exited(patience)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        try:
            self._process.kill()
        except PermissionError:
            # sudo runs as root; it ends when its input does.
            return
        self._exited(5.0)

    def ending(self, patience: float) -> tuple[int | None, str]:
        """Exit status (None if it still runs) and last words, once it has ended."""
        if self._exited(patience):
            self._listener.join(1.0)
        words = b"".join(list(self._words)).decode(errors="replace")
        return self._process.returncode, words

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def _exited(self, patience: float) -> bool:
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _listen(self) -> None:
        descriptor = _descriptor(self._process.stderr)
        while data := os.read(descriptor, 4096):
            self._words.append(data)

    def _read(self) -> None:
        try:
            self._read_frames()
        except FrameError as error:
            self._lose(f"what arrived is not of this protocol ({error})")
            return
        returncode, words = self.ending(5.0)
        last = " / ".join(words.split("\n")[-3:]).strip(" /")
        self._lose(f"the far end is gone (exit status {returncode}) {last}".strip())

    def _read_frames(self) -> None:
        decoder = Decoder()
        data = self._after_noise()
        while data:
            for frame in decoder.feed(data):
                self._deliver(frame)
            data = self._chunk()

    def _after_noise(self) -> bytes:
        """Skip what a login shell prints; everything from where the relay speaks."""
        noise = b""
        while (start := noise.find(MAGIC)) < 0 or len(noise) == start + len(MAGIC):
            data = self._chunk()
            if not data:
                return b""
            noise += data
            if len(noise) > _NOISE_LIMIT:
                message = f"no relay in the first {_NOISE_LIMIT} bytes"
                raise FrameError(message)
        self.greeting = noise[:start]
        return noise[start + len(MAGIC) :]

    def _chunk(self) -> bytes:
        data = os.read(_descriptor(self._process.stdout), _CHUNK)
        self._silence = 0
        return data

    def _beat(self) -> None:
        # Counted in turns of one second, so that a laptop that was closed for
        # an hour does not take the hour for silence.
        while self._process.poll() is None:
            time.sleep(1)
            self._silence += 1
            if self._silence > _SILENCE_S:
                self._lose(f"nothing was heard for {_SILENCE_S} s")
                self.kill()
                return
            if self._silence % _BEAT_S == 0:
                self._ping()

    def _ping(self) -> None:
        # A pipe that polls writable takes a short write whole, so this never
        # waits; and whoever holds the lock is sending something already.
        if not self._writing.acquire(blocking=False):
            return
        try:
            stdin = _descriptor(self._process.stdin)
            if select.select([], [stdin], [], 0)[1]:
                os.write(stdin, _PING)
        except (OSError, ValueError):
            return  # the reader notices the end, and knows more of it
        finally:
            self._writing.release()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        message = "the process was started without its streams"
        raise ValueError(message)
    return stream


def _descriptor(stream: IO[bytes] | None) -> int:
    return _stream(stream).fileno()
