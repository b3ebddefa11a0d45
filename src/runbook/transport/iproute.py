"""pyroute2 on the far side: a socket pair whose other end is a netlink channel."""

from __future__ import annotations

import errno
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from runbook.common.errors import ConnectionLost
from runbook.transport.session import Channel, RelayRefused, Session

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pyroute2 import IPRoute

_DATAGRAM = 1 << 18
_BUFFER = 8 << 20
_HEADER = struct.Struct("=IHHII")
_NLMSG_ERROR = 2


@contextmanager
def iproute(session: Session) -> Iterator[IPRoute]:
    """A pyroute2 IPRoute whose netlink socket is on the session's host.

    It lives in a thread of its own: pyroute2 runs an event loop, and a
    notebook's thread has one running already. What it would yield one by one
    it returns as a tuple.
    """
    bridge = _Bridge(session.open("open_netlink", protocol=socket.NETLINK_ROUTE, groups=0))
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="iproute") as thread:
            route = thread.submit(_made, bridge.theirs).result()
            try:
                yield _InThread(route, thread)
            finally:
                thread.submit(route.close).result()
    except Exception as error:
        if session.lost and not isinstance(error, ConnectionLost):
            raise session.error() from error
        raise
    finally:
        bridge.close()


def _made(end: socket.socket) -> IPRoute:
    # Imported here: it is slow to load, and most uses of a host never need it.
    from pyroute2 import IPRoute  # noqa: PLC0415

    route = IPRoute(use_socket=end)
    # pyroute2 makes tun devices itself, on the machine it runs on.
    route.asyncore.request_proxy = None
    return route


class _InThread:
    """Every call to an object, made in one thread."""

    def __init__(self, target: IPRoute, thread: Executor) -> None:
        self._target = target
        self._thread = thread

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object, **kwargs: object) -> object:
            return self._thread.submit(self._call, name, args, kwargs).result()

        return call

    def _call(self, name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        answer = getattr(self._target, name)(*args, **kwargs)
        return tuple(answer) if isinstance(answer, Iterator) else answer


class _Bridge:
    """Moves datagrams between a channel and one end of a socket pair."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self._ours, self.theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        # The sequence numbers that someone may be waiting for: a socket pair
        # of datagrams has no end of file, so their end is told to each.
        self._asked: deque[int] = deque(maxlen=256)
        for work in (self._outwards, self._inwards):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        try:
            self._channel.close()
        finally:
            for end in (self._ours, self.theirs):
                _shut(end)

    def _outwards(self) -> None:
        try:
            while data := self._ours.recv(_DATAGRAM):
                self._asked.append(_HEADER.unpack_from(data)[3])
                self._channel.send(data)
        except (OSError, struct.error, ConnectionLost):
            self._refuse(errno.ECONNRESET)

    def _inwards(self) -> None:
        while True:
            try:
                frame = self._channel.receive(None)
            except RelayRefused as error:
                self._refuse(error.errno)
                continue
            except ConnectionLost:
                self._refuse(errno.ECONNRESET)
                return
            if frame is not None:
                self._pass_on(frame.payload)

    def _refuse(self, number: int) -> None:
        for sequence in list(self._asked):
            code = struct.pack("=i", -number) + _HEADER.pack(_HEADER.size, 0, 0, sequence, 0)
            length = _HEADER.size + len(code)
            self._pass_on(_HEADER.pack(length, _NLMSG_ERROR, 0, sequence, 0) + code)

    def _pass_on(self, data: bytes) -> None:
        try:
            self._ours.send(data)
        except OSError:
            return  # nobody reads there any more


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # pyroute2 may have closed it
        end.shutdown(socket.SHUT_RDWR)
    end.close()
