"""One connection to one relay: requests with answers, and open channels.

A lost connection raises ConnectionLost in every waiting caller at once; nothing
waits for ever. Callers may come from any thread.
"""

from __future__ import annotations

import errno
import itertools
import queue
import shlex
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from runbook.common import debug_log, octets
from runbook.common.errors import ConnectionLost
from runbook.transport import bootstrap, failures
from runbook.transport.relay.frames import Frame, FrameError, encode
from runbook.transport.relay_answers import Refusal
from runbook.transport.wire import RelayWire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.transport.prefixes import Prefix

_START_S = 45.0
ROOT, NOBODY = 0, 65534
_OPEN_S = 20.0
# How many datagrams or frames a channel keeps until somebody reads them.
_UNREAD = 4096
# The fields of a request that say what it is about.
_NAMED = ("argv", "path", "paths", "patterns", "ifname")


@dataclass(frozen=True, slots=True)
class Login:
    """What the login shell printed before the relay spoke, the seconds until it did, and as whom.

    `uid` is the user's number on the host, 0 for root.
    """

    greeting: str
    seconds: float
    uid: int = ROOT


class RelayRefused(Exception):
    """The relay could not do what was asked; errno as on the host, 0 if none."""

    def __init__(
        self, message: str, number: int = 0, path: str = "", *, gate_shut: bool = False
    ) -> None:
        """Keep the relay's own description."""
        super().__init__(f"{path}: {message}" if path else message)
        self.errno = number
        self.gate_shut = gate_shut


def _raise_refusal(header: dict[str, Any]) -> None:
    if "error" not in header:
        return
    try:
        refusal = Refusal.model_validate(header)
    except ValidationError:
        raise RelayRefused("it refuses, and not in the words of the program's own relay") from None
    raise RelayRefused(
        refusal.error, refusal.errno or 0, refusal.path or "", gate_shut=refusal.gate_shut
    )


def _question(op: str, fields: Mapping[str, object]) -> str:
    """A request in words: its argument list, or its paths. No content is among them."""
    named = (fields[name] for name in _NAMED if name in fields)
    lists = (words if isinstance(words, list | tuple) else (words,) for words in named)
    return shlex.join((op, *(str(word) for words in lists for word in words)))


def _status(done: Future[Frame]) -> str:
    """How a request ended: exit status, refusal, or 'ok'."""
    if done.exception() is not None:
        return "lost"
    header = done.result().header
    if "error" in header:
        return f"refused, errno {header.get('errno') or 0}"
    return f"exit status {header['returncode']}" if "returncode" in header else "ok"


class RelaySession:
    """A started relay."""

    def __init__(self, host: str, prefix: Prefix, *, patience: float = _START_S) -> None:
        """Start the relay over `prefix`; the error says what to fix if it does not come up.

        `patience` is how many seconds that may take, prompts and all.
        """
        self._host = host
        self._prefix = prefix
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._reason = ""
        self._waiting: dict[int, Future[Frame]] = {0: Future()}
        self._channels: dict[int, RelayChannel] = {}
        hello = self._waiting[0]
        argv = prefix.command(bootstrap.ARGV)
        began = time.monotonic()
        with debug_log.timed(f"connect to {host} ({prefix.description})"):
            try:
                self._wire = RelayWire(argv, deliver=self._deliver, lose=self._lose)
            except FileNotFoundError as error:
                raise failures.never_started(self._ending(127, str(error))) from error
            uid = self._begin(hello, patience)
        greeting = octets.text_of(self._wire.greeting)
        self.login = Login(greeting, time.monotonic() - began, uid)

    def _begin(self, hello: Future[Frame], patience: float) -> int:
        """Send the relay, and wait until it speaks; as which user it runs."""
        try:
            self._wire.write(bootstrap.source())
        except OSError:
            # Why it ended is what the operator needs; the reader will know.
            self._over.wait(5.0)
        try:
            spoke = hello.result(patience)
        except (FutureTimeout, ConnectionLost):
            returncode, words = self._wire.ending(0.0)
            self._wire.kill()
            raise failures.never_started(self._ending(returncode, words)) from None
        self._wire.keep_alive()
        # A number that is none is nobody's, so it is not root's.
        uid = spoke.header.get("uid")
        return uid if isinstance(uid, int) else NOBODY

    @property
    def lost(self) -> bool:
        """Whether the connection is known to be gone."""
        return self._over.is_set()

    def request(
        self, op: str, payload: bytes = b"", /, *, timeout: float, **fields: object
    ) -> Frame:
        """Ask, and wait at most `timeout` seconds; RelayRefused if the host says no."""
        return self.result(self.submit(op, payload, **fields), timeout)

    def submit(self, op: str, payload: bytes = b"", /, **fields: object) -> Future[Frame]:
        """Ask without waiting; hand the answer to `result`."""
        answer: Future[Frame] = Future()
        timing = debug_log.Timing(f"{self._host}: {_question(op, fields)}")
        answer.add_done_callback(lambda done: timing.end(_status(done)))
        with self._lock:
            if self.lost:
                raise self.error()
            number = next(self._ids)
            self._waiting[number] = answer
        self._write({"id": number, "op": op, **fields}, payload)
        return answer

    def result(self, answer: Future[Frame], timeout: float) -> Frame:
        """Wait for a submitted request; RelayRefused if it is refused or late."""
        try:
            frame = answer.result(timeout)
        except FutureTimeout:
            message = f"no answer within {timeout:g} s"
            raise RelayRefused(message, errno.ETIMEDOUT) from None
        _raise_refusal(frame.header)
        return frame

    def open(self, op: str, **fields: object) -> RelayChannel:
        """Open a packet socket on the host ('open_packet')."""
        number = next(self._ids)
        channel = RelayChannel(number, self)
        with self._lock:
            self._channels[number] = channel
        try:
            self.request(op, channel=number, timeout=_OPEN_S, **fields)
        except BaseException:
            self._forget(number)
            raise
        return channel

    def transmit(self, number: int, payload: bytes) -> None:
        """Send one datagram or frame through an open channel."""
        self._write({"channel": number}, payload)

    def shut(self, number: int) -> None:
        """Close a channel; on a lost connection it is closed already."""
        self._forget(number)
        if not self.lost:
            self.request("close", channel=number, timeout=_OPEN_S)

    def close(self) -> None:
        """End the relay; what it was running and has not detached ends with it."""
        self._lose("it was closed")
        self._wire.close()

    def error(self) -> ConnectionLost:
        """The error that a lost connection means to a caller."""
        return failures.broken(self._ending(None, ""), self._reason)

    def _write(self, header: dict[str, object], payload: bytes) -> None:
        try:
            data = encode(header, payload)
        except FrameError as error:
            raise RelayRefused(str(error), errno.EMSGSIZE) from error
        try:
            self._wire.write(data)
        except (OSError, ValueError):
            self._over.wait(5.0)
            self._lose("it does not take anything any more")
            raise self.error() from None

    def _deliver(self, frame: Frame) -> None:
        answered, number = (frame.header.get(name, -1) for name in ("id", "channel"))
        if not isinstance(answered, int) or not isinstance(number, int):
            message = "a header says to whom it goes by something else than a number"
            raise FrameError(message)
        with self._lock:
            answer = self._waiting.pop(answered, None)
            channel = self._channels.get(number)
        if answer is not None:
            answer.set_result(frame)
        elif channel is not None:
            channel.deliver(frame)

    def _lose(self, reason: str) -> None:
        with self._lock:
            if self.lost:
                return
            self._reason = reason
            self._over.set()
            debug_log.LOG.debug("%s: the connection is gone: %s", self._host, reason)
            waiting, self._waiting = list(self._waiting.values()), {}
            channels, self._channels = list(self._channels.values()), {}
        for answer in waiting:
            answer.set_exception(self.error())
        for channel in channels:
            channel.deliver(None)

    def _forget(self, number: int) -> None:
        with self._lock:
            self._channels.pop(number, None)

    def _ending(self, returncode: int | None, words: str) -> failures.ConnectionEnd:
        prefix = self._prefix
        return failures.ConnectionEnd(
            self._host, prefix.description, returncode, words, prefix.sudo
        )


class RelayChannel:
    """A socket on the host: datagrams or frames both ways."""

    def __init__(self, number: int, session: RelaySession) -> None:
        """Made by `Session.open`."""
        self._number = number
        self._session = session
        self._received: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()

    def deliver(self, frame: Frame | None) -> None:
        """Take what arrived; None when the connection is lost.

        A socket loses what nobody reads in time, and so does this.
        """
        if frame is None or self._received.qsize() < _UNREAD:
            self._received.put(frame)

    def send(self, payload: bytes) -> None:
        """Send one datagram or frame."""
        if self._session.lost:
            raise self._session.error()
        self._session.transmit(self._number, payload)

    def receive(self, timeout: float | None) -> Frame | None:
        """Wait for the next datagram or frame; None if none came within `timeout` seconds.

        RelayRefused carries an error of the socket, ConnectionLost the end.
        """
        try:
            frame = self._received.get(timeout=timeout)
        except queue.Empty:
            return None
        if frame is None:
            self._received.put(None)
            raise self._session.error()
        _raise_refusal(frame.header)
        return frame

    def close(self) -> None:
        """Close the socket on the host, and wake whoever waits here."""
        self._session.shut(self._number)
        self.deliver(None)
