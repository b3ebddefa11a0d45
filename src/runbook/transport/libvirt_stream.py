"""A libvirt stream as an ordinary socket, so that whatever reads a tty can read it.

Two threads and libvirt's event loop stand between: the loop must never wait for
whoever reads the socket, for keepalives hang on it too.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import libvirt

_CHUNK = 4096
_WOULD_BLOCK = -2
_PAUSE_S = 0.02
# How many pieces wait for whoever reads the socket; a guest that writes more loses the console.
_UNREAD = 4096
_OVER = libvirt.VIR_STREAM_EVENT_ERROR | libvirt.VIR_STREAM_EVENT_HANGUP


def bridged(stream: Any) -> socket.socket:  # noqa: ANN401 (libvirt ships no types)
    """The near end; closing it ends the stream, and the stream's end closes it."""
    near, far = socket.socketpair()
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def event(_stream: Any, events: int, _opaque: Any) -> None:  # noqa: ANN401 (likewise)
        with suppress(libvirt.libvirtError):
            while isinstance(data := stream.recv(_CHUNK), bytes) and data:
                arrived.put(data)
                if arrived.qsize() > _UNREAD:
                    break
            if data != b"" and not events & _OVER and arrived.qsize() <= _UNREAD:
                return
        arrived.put(b"")

    stream.eventAddCallback(libvirt.VIR_STREAM_EVENT_READABLE | _OVER, event, None)
    threading.Thread(target=_hand_on, args=(arrived, far), daemon=True).start()
    threading.Thread(target=_type, args=(far, stream, arrived), daemon=True).start()
    return near


def _hand_on(arrived: queue.SimpleQueue[bytes], far: socket.socket) -> None:
    with suppress(OSError):
        while data := arrived.get():
            far.sendall(data)
        far.shutdown(socket.SHUT_RDWR)


def _type(far: socket.socket, stream: Any, arrived: queue.SimpleQueue[bytes]) -> None:  # noqa: ANN401 (libvirt ships no types)
    with suppress(OSError, libvirt.libvirtError):
        while data := far.recv(_CHUNK):
            _send(stream, data)
    with suppress(libvirt.libvirtError):
        stream.eventRemoveCallback()
    with suppress(libvirt.libvirtError):
        stream.abort()
    arrived.put(b"")
    far.close()


def _send(stream: Any, data: bytes) -> None:  # noqa: ANN401 (libvirt ships no types)
    while data:
        sent = stream.send(data)
        if sent == _WOULD_BLOCK:
            # The guest takes what is typed as fast as its serial line does.
            time.sleep(_PAUSE_S)
            continue
        data = data[sent:]
