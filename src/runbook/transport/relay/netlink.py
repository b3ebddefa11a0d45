"""Netlink in one round trip: whole dumps, and datagrams with all their ACKs.

If the kernel refuses a message of a change, the undo is started from here: the connection may be
what the change has cut.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import subprocess
import time
from typing import Any, Dict, Iterator, List, Tuple

_HEADER = struct.Struct("=IHHII")
_GLANCE = struct.Struct("=IHH").unpack_from
_CODE = struct.Struct("=i")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = 2
_DONE = 3
_F_MULTI = 0x02
_F_DUMP_INTR = 0x10
_F_CAPPED = 0x100
_F_ACK_TLVS = 0x200
_ACK_TEXT = 1
_SO_RCVBUFFORCE = 33
_SOL_NETLINK = 270
_NETLINK_CAP_ACK = 10
_NETLINK_EXT_ACK = 11
_BUFFER = 32 << 20
_DATAGRAM = 1 << 18
_ATTEMPTS = 10
_TIMEOUT_S = 20.0
# The undo is started, and not waited for.
_START_S = 5.0
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Of a message that was not sent, because one before it was refused (ECANCELED).
NOT_SENT = errno.ECANCELED

Message = Tuple[int, int, int, bytes]


class Interrupted(Exception):
    """The table changed under the dump, or the buffer was too small: ask again."""


def open_socket(protocol: int) -> socket.socket:
    """A bound netlink socket with room for the largest answers."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    sock.bind((0, 0))
    return sock


def messages(data: bytes) -> Iterator[Message]:
    """Each message of a datagram as (type, flags, sequence number, body)."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, sequence, _port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            raise _cut_short(length)
        yield kind, flags, sequence, data[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3


def _cut_short(length: int) -> OSError:
    return OSError(errno.EBADMSG, "a netlink message of %d bytes is cut short" % length)


def dump(header: Dict[str, Any], payload: bytes) -> Tuple[Dict[str, Any], bytes]:
    """Send one request; every datagram of the answer, joined, as the kernel sent it."""
    for _ in range(_ATTEMPTS):
        with open_socket(header.get("protocol", 0)) as sock:
            try:
                return {}, _collect(sock, payload)
            except Interrupted:
                continue
    raise OSError(errno.EAGAIN, "the table kept changing while it was read")


def _collect(sock: socket.socket, request: bytes) -> bytes:
    sock.settimeout(_TIMEOUT_S)
    sock.send(request)
    parts = []
    while True:
        try:
            data = sock.recv(_DATAGRAM)
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                raise Interrupted from error
            raise
        parts.append(data)
        if _ends(data):
            return b"".join(parts)


def _ends(data: bytes) -> bool:
    """Whether the answer is complete; a refusal raises."""
    kind, flags, offset = 0, _F_MULTI, 0
    # A full table has a million messages, so each is only glanced at.
    while offset + _HEADER.size <= len(data):
        length, kind, flags = _GLANCE(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            raise _cut_short(length)
        if flags & _F_DUMP_INTR:
            raise Interrupted
        if kind in (_ERROR, _DONE) and length >= _HEADER.size + _CODE.size:
            _refuse(_CODE.unpack_from(data, offset + _HEADER.size)[0])
        step = (length + 3) & ~3
        offset += len(data) if not offset and _are_alike(data, step) else step
    return kind in (_ERROR, _DONE) or not flags & _F_MULTI


def _are_alike(data: bytes, step: int) -> bool:
    """Whether all messages have one length, type and flags, as in most of a large table."""
    return len(data) % step == 0 and len(set(struct.iter_unpack("=8s%dx" % (step - 8), data))) == 1


def _refuse(code: int) -> None:
    if code < 0:
        raise OSError(-code, os.strerror(-code))


def send(header: Dict[str, Any], payload: bytes) -> Tuple[Dict[str, Any], bytes]:
    """Send the payload as one datagram; `acks` is [sequence, errno, text] a message.

    With `first`, so many messages go in a datagram of their own, and the others follow only if
    the kernel made all of these. With `refused`, a refusal is written at the end of its `journal`,
    in the words of `told` (one a message), and its `argv` is run: it starts the undo.
    """
    acks: List[List[Any]] = []
    with open_socket(header.get("protocol", 0)) as sock:
        for option in (_NETLINK_CAP_ACK, _NETLINK_EXT_ACK):
            sock.setsockopt(_SOL_NETLINK, option, 1)
        for part in _parts(payload, header.get("first", 0)):
            if any(code for _sequence, code, _text in acks):
                acks += [[number, NOT_SENT, ""] for _, _, number, _ in messages(part)]
            else:
                acks += _acknowledged(sock, part)
    if header.get("refused"):
        _undo_if_refused(acks, header["refused"])
    return {"acks": acks}, b""


def _parts(payload: bytes, first: int) -> List[bytes]:
    """The datagrams to be sent, in their order."""
    length = 0
    for _ in range(first):
        (size,) = struct.unpack_from("=I", payload, length)
        length += (size + 3) & ~3
    return [part for part in (payload[:length], payload[length:]) if part]


def _acknowledged(sock: socket.socket, payload: bytes) -> List[List[Any]]:
    waiting = [sequence for _kind, _flags, sequence, _body in messages(payload)]
    acks: Dict[int, List[Any]] = {}
    sock.send(payload)
    deadline = time.monotonic() + _TIMEOUT_S
    while len(acks) < len(waiting):
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        for kind, flags, sequence, body in messages(sock.recv(_DATAGRAM)):
            if kind == _ERROR:
                code = -_CODE.unpack_from(body)[0]
                acks[sequence] = [sequence, code, _ack_text(flags, body)]
    return [acks[sequence] for sequence in waiting]


def _undo_if_refused(acks: List[List[Any]], refused: Dict[str, Any]) -> None:
    """Start the undo of a change that the kernel does not make; its journal says why."""
    lines = [
        "%s the kernel refused `%s`: %s%s\n"
        % (_stamp(), told, os.strerror(code), " (%s)" % text if text else "")
        for (_sequence, code, text), told in zip(acks, refused["told"])  # noqa: B905 (not in 3.7)
        if code not in (0, NOT_SENT)
    ]
    if not lines:
        return
    # The undo first: a disk that takes no line must not stop it. It waits for this request's lock.
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        argv, env = refused["argv"], {"PATH": _PATH, "LC_ALL": "C"}
        subprocess.run(argv, stdin=subprocess.DEVNULL, env=env, check=False, timeout=_START_S)
    with contextlib.suppress(OSError), open(refused["journal"], "ab") as journal:
        journal.write("".join(lines).encode(errors="replace"))
        journal.flush()
        os.fsync(journal.fileno())


def _stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _ack_text(flags: int, body: bytes) -> str:
    """Say what the kernel says of a refusal, '' where it says nothing."""
    if not flags & _F_ACK_TLVS:
        return ""
    # The refused message follows the error code: its header only, if capped.
    length = struct.unpack_from("=I", body, 4)[0]
    offset = 4 + (_HEADER.size if flags & _F_CAPPED else (length + 3) & ~3)
    while offset + _ATTRIBUTE.size <= len(body):
        size, kind = _ATTRIBUTE.unpack_from(body, offset)
        if size < _ATTRIBUTE.size:
            return ""
        if kind & 0x3FFF == _ACK_TEXT:
            return (
                body[offset + _ATTRIBUTE.size : offset + size]
                .rstrip(b"\0")
                .decode(errors="replace")
            )
        offset += (size + 3) & ~3
    return ""


OPERATIONS = {"dump": dump, "send": send}
