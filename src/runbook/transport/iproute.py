"""pyroute2 on the far side: a socket pair whose other end is a netlink channel."""

from __future__ import annotations

import errno
import socket
import struct
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from runbook.errors import ConnectionLost
from runbook.transport.session import Channel, RelayRefused, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyroute2 import IPRoute

_DATAGRAM = 1 << 18
_BUFFER = 8 << 20
_HEADER = struct.Struct("=IHHII")
_NLMSG_ERROR = 2


@contextmanager
def iproute(session: Session) -> Iterator[IPRoute]:
    """A pyroute2 IPRoute whose netlink socket is on the session's host."""
    # Imported here: it is slow to load, and most uses of a host never need it.
    from pyroute2 import IPRoute  # noqa: PLC0415

    bridge = _Bridge(session.open("open_netlink", protocol=socket.NETLINK_ROUTE, groups=0))
    try:
        with IPRoute(use_socket=bridge.theirs) as route:
            # pyroute2 makes tun devices itself, on the machine it runs on.
            route.asyncore.request_proxy = None
            yield route
    except Exception as error:
        if session.lost and not isinstance(error, ConnectionLost):
            raise session.error() from error
        raise
    finally:
        bridge.close()


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
