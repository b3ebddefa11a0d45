"""Packet sockets on the host that stay open, both ways."""

from __future__ import annotations

import ctypes
import selectors
import socket
import struct
import threading
from typing import Any, Callable, Dict, List, Tuple

Send = Callable[[Dict[str, Any], bytes], None]
Answer = Tuple[Dict[str, Any], bytes]

_SO_ATTACH_FILTER = 26
_SOL_PACKET, _ADD_MEMBERSHIP = 263, 1
# Of a frame: what is asked for has 98 bytes, and anybody on the LAN may send longer ones.
_LONGEST = 1 << 11


class Channels:
    """The open sockets by the number that the client gave each."""

    def __init__(self, send: Send) -> None:
        """`send` carries a frame to the client."""
        self._send = send
        self._sockets: Dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        # Something to wait on while no channel is open.
        self._idle = socket.socketpair()
        self._selector.register(self._idle[0], selectors.EVENT_READ, 0)
        threading.Thread(target=self._receive, daemon=True).start()

    def open_packet(self, header: Dict[str, Any], _payload: bytes) -> Answer:
        """Open channel `channel` on `ifname` for an Ethernet protocol, filtered.

        With `promiscuous` it hears frames for other MACs too, for as long as it is open.
        """
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        try:
            # Bound last: until then nothing arrives, so nothing unfiltered does.
            if header["filter"]:
                attach_filter(sock, header["filter"])
            sock.bind((header["ifname"], header["protocol"]))
            if header.get("promiscuous"):
                request = struct.pack("=iHH8x", socket.if_nametoindex(header["ifname"]), 1, 0)
                sock.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)
        except BaseException:
            sock.close()
            raise
        self._add(header["channel"], sock)
        return {}, b""

    def close(self, header: Dict[str, Any], _payload: bytes) -> Answer:
        """Close channel `channel`; one that is not open is not an error."""
        sock = self._sockets.pop(header["channel"], None)
        if sock is not None:
            self._selector.unregister(sock)
            sock.close()
        return {}, b""

    def transmit(self, channel: int, payload: bytes) -> None:
        """Send one datagram or frame; a refusal goes back as an error frame."""
        sock = self._sockets.get(channel)
        if sock is None:
            return
        try:
            sock.send(payload)
        except OSError as error:
            self._send({"channel": channel, "errno": error.errno, "error": error.strerror}, b"")

    def _add(self, channel: int, sock: socket.socket) -> None:
        self._sockets[channel] = sock
        self._selector.register(sock, selectors.EVENT_READ, channel)

    def _receive(self) -> None:
        while True:
            for key, _events in self._selector.select():
                if isinstance(key.fileobj, socket.socket):
                    self._forward(key.fileobj, key.data)

    def _forward(self, sock: socket.socket, channel: int) -> None:
        try:
            data, address = sock.recvfrom(_LONGEST, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError as error:
            # ENOBUFS: datagrams were lost, and the client must hear of it.
            if channel in self._sockets:
                self._send({"channel": channel, "errno": error.errno, "error": error.strerror}, b"")
            return
        self._send({"channel": channel, "pkttype": address[2]}, data)


def attach_filter(sock: socket.socket, instructions: List[List[int]]) -> None:
    """Attach a classic BPF program of (code, jt, jf, k) instructions."""
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    program = ctypes.create_string_buffer(packed, len(packed))
    where = struct.pack("HL", len(instructions), ctypes.addressof(program))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, where)


def send_frame(header: Dict[str, Any], payload: bytes) -> Answer:
    """Send one Ethernet frame out of `ifname`."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_PACKET, kind, 0) as sock:
        sock.bind((header["ifname"], 0))
        sock.send(payload)
    return {}, b""
