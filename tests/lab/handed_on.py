"""What a host loses between its NIC and a guest's tap, whatever becomes of it inside the guest.

An emulated guest on a busy machine leaves hundreds of a thousand pings a second unanswered, so a
probe of the guest cannot tell what the host lost. ``python3 handed_on.py NIC TAP ADDRESS`` runs on
the host and notes each echo request and reply of the guest at both interfaces, until SIGTERM. It
prints the requests that came in by the NIC, those that did not go out by the tap, and the same for
the replies. Standard library only.
"""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator

ETH_P_ALL, ETH_P_IP, ICMP, REQUEST, REPLY = 3, b"\x08\x00", 1, 8, 0
SO_RCVBUFFORCE, ROOM = 33, 1 << 26
OUTGOING, AT_ONCE = 4, 500
# The probe's identifier, and its count (prober.py), behind the headers of Ethernet and IPv4.
KEY = struct.Struct("!HxxQ")
KEY_AT = 14 + 20 + 4
LAST_S = 1.0


def opened(name: str) -> socket.socket:
    """All that passes an interface, before any rule sees it."""
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    heard.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    heard.bind((name, 0))
    heard.settimeout(0)
    return heard


def waiting(heard: socket.socket) -> Iterator[tuple[bytes, bool]]:
    """Up to so many frames that are there, and whether each goes out."""
    with contextlib.suppress(BlockingIOError):
        for _ in range(AT_ONCE):
            frame, place = heard.recvfrom(128)
            yield frame, place[2] == OUTGOING


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def echo(frame: bytes, guest: bytes) -> tuple[int, tuple[int, int]] | None:
    """The kind and the number of an echo request to the guest, or of its reply."""
    if len(frame) < KEY_AT + KEY.size or frame[12:14] != ETH_P_IP or frame[23] != ICMP:
        return None
    kind = frame[34]
    other_end = {REQUEST: frame[30:34], REPLY: frame[26:30]}.get(kind)
    return (kind, KEY.unpack_from(frame, KEY_AT)) if other_end == guest else None


def main() -> None:
    """Listen until SIGTERM and a moment longer; then print four numbers."""
    nic, tap, address = sys.argv[1:4]
    guest = socket.inet_aton(address)
    # The far side first: what it misses while the near side listens already would count as lost.
    sockets = {opened(tap): tap, opened(nic): nic}
    seen: dict[tuple[int, str, bool], set[tuple[int, int]]] = {
        (kind, name, out): set()
        for kind in (REQUEST, REPLY)
        for name in (nic, tap)
        for out in (True, False)
    }
    ended: list[float] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(time.monotonic() + LAST_S))
    say("listens")
    while not ended or time.monotonic() < ended[0]:
        for ready in select.select(list(sockets), [], [], 0.2)[0]:
            for frame, outgoing in waiting(ready):
                if found := echo(frame, guest):
                    kind, number = found
                    seen[(kind, sockets[ready], outgoing)].add(number)
    came, replied = seen[(REQUEST, nic, False)], seen[(REPLY, tap, False)]
    lost = came - seen[(REQUEST, tap, True)], replied - seen[(REPLY, nic, True)]
    say(f"{len(came)} {len(lost[0])} {len(replied)} {len(lost[1])}")


if __name__ == "__main__":
    main()
