"""Pings an address at an even rate and counts what comes back; run in a namespace.

Standard library only: ``python3 prober.py ADDRESS RATE SECONDS`` prints one
JSON object when it ends, or when it gets SIGTERM.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Sequence

ECHO_REQUEST, ECHO_REPLY = 8, 0
ECHO_REQUEST6, ECHO_REPLY6 = 128, 129
# An answer that takes longer is none; after the last probe, all are waited for as long.
PATIENCE_S = 2.0
# A host that begins to track connections drops all but the first of the packets with one identifier
# that it takes in together. So neighbours have different ones, as pings of several programs have.
IDENTIFIERS = 64
# The kernel begins to stamp only a moment after the first socket asks for it; an answer that came
# before has the time at which it is read (net_enable_timestamp).
STAMPS_AFTER_S = 0.2
# Not in Python's socket before 3.14; asm-generic/socket.h.
_SO_TIMESTAMPNS = 35
# The sequence field has 16 bits; the count goes on in the payload.
_COUNT = struct.Struct("!Q")


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def packet(identifier: int, count: int, *, ipv6: bool = False) -> bytes:
    """One echo request; the kernel itself fills in the checksum of ICMPv6 (RFC 3542, 3.1)."""
    kind = ECHO_REQUEST6 if ipv6 else ECHO_REQUEST
    own = _own_identifier(identifier, count)
    body = struct.pack("!HH", own, count & 0xFFFF) + _COUNT.pack(count)
    total = 0 if ipv6 else checksum(bytes((kind, 0)) + body)
    return struct.pack("!BBH", kind, 0, total) + body


def count_of(data: bytes, identifier: int, *, ipv6: bool = False) -> int | None:
    """The count in a reply that is ours; a raw IPv6 socket gives no IP header."""
    icmp = data if ipv6 else data[(data[0] & 0x0F) * 4 :]
    if len(icmp) < 8 + _COUNT.size or icmp[0] != (ECHO_REPLY6 if ipv6 else ECHO_REPLY):
        return None
    count = int(_COUNT.unpack_from(icmp, 8)[0])
    own = struct.unpack_from("!H", icmp, 4)[0] == _own_identifier(identifier, count)
    return count if own else None


def _own_identifier(identifier: int, count: int) -> int:
    return (identifier + count % IDENTIFIERS) & 0xFFFF


def probe(address: str, rate: float, seconds: float) -> dict[str, float]:
    """Send, listen, count: sent, lost, longest gap and round trip in ms."""
    identifier = os.getpid() & 0xFFFF
    ipv6 = ":" in address
    sock = _socket(ipv6=ipv6)
    began = time.monotonic()
    total = int(rate * seconds)
    sent_at: list[float] = []
    answered: dict[int, float] = {}
    end = None
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.set())
    while True:
        now = time.monotonic()
        if end is None and (len(sent_at) >= total or stopped.is_set()):
            end = now + PATIENCE_S
        if end is not None and (now >= end or len(answered) == len(sent_at)):
            break
        due = began + len(sent_at) / rate
        if end is None and now >= due:
            sent_at.append(now)
            # No route, no buffer: a probe that could not leave is a probe lost.
            with contextlib.suppress(OSError):
                sock.sendto(packet(identifier, len(sent_at) - 1, ipv6=ipv6), (address, 0))
            # A prober that was not scheduled for a while has many probes to send: what is answered
            # meanwhile must not wait until the socket is full.
            receive(sock, identifier, answered, ipv6=ipv6)
            continue
        wait = max(0.0, (due if end is None else end) - now)
        if select.select([sock], [], [], wait)[0]:
            receive(sock, identifier, answered, ipv6=ipv6)
    return judged(sent_at, answered)


def _socket(*, ipv6: bool) -> socket.socket:
    family, protocol = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6) if ipv6 else (socket.AF_INET, socket.IPPROTO_ICMP)
    )
    sock = socket.socket(family, socket.SOCK_RAW, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sock.settimeout(0)
    time.sleep(STAMPS_AFTER_S)
    return sock


def receive(
    sock: socket.socket, identifier: int, answered: dict[int, float], *, ipv6: bool
) -> None:
    """Take one answer, if there is one."""
    try:
        data, told, _, _ = sock.recvmsg(2048, 64)
    except BlockingIOError:
        return
    count = count_of(data, identifier, ipv6=ipv6)
    if count is not None:
        answered.setdefault(count, arrival(told))


def arrival(told: Sequence[tuple[int, int, bytes]]) -> float:
    """When the kernel received the packet, on this program's clock; it may be read much later."""
    now = time.monotonic()
    for level, kind, data in told:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("@ll", data[: struct.calcsize("@ll")])
            ago = time.time() - float(seconds) - float(nanoseconds) / 1e9
            return now - max(0.0, ago)
    return now


def judged(sent_at: list[float], answered: dict[int, float]) -> dict[str, float]:
    """What came of probes, by the moments at which they were sent and, by number, answered."""
    trips = {count: moment - sent_at[count] for count, moment in answered.items()}
    answered = {count: answered[count] for count in trips if trips[count] <= PATIENCE_S}
    # The gap is counted between the moments at which answered probes were
    # sent: a prober that was not scheduled for a while sent nothing meanwhile.
    lost_run = longest = 0.0
    last = None
    for count, moment in enumerate(sent_at):
        if count in answered:
            longest = max(longest, lost_run and moment - (last if last is not None else sent_at[0]))
            last, lost_run = moment, 0.0
        else:
            lost_run = 1.0
    if lost_run and sent_at:
        longest = max(longest, sent_at[-1] - (last if last is not None else sent_at[0]))
    return {
        "sent": len(sent_at),
        "lost": len(sent_at) - len(answered),
        "longest_gap_ms": round(longest * 1000, 3),
        "longest_rtt_ms": round(max(trips.values(), default=0.0) * 1000, 3),
    }


def main() -> None:
    """Read the arguments, probe, print."""
    address, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    sys.stdout.write(json.dumps(probe(address, rate, seconds)) + "\n")


if __name__ == "__main__":
    main()
