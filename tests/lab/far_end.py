"""The far end of a QEMU host's cables: a switch that speaks LACP, or one whose port is tagged.

``python far_end.py lacp PORT...`` answers each LACPDU (IEEE 802.1AX, 6.4.2) of a port as a partner
that aggregates. ``python far_end.py trunk PORT TAP VLAN`` carries the frames of one VLAN between a
port and a tap. Standard library only; both run in the switch's namespace until they are killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import struct
import sys

ETH_P_ALL, ETH_P_LACP = 3, 0x8809
SLOW = bytes.fromhex("0180c2000002")
SWITCH_MAC = bytes.fromhex("021600000001")
# Active, with short timeout; aggregates; in sync, collecting and distributing.
STATE = 0x3F
ACTOR = struct.Struct("!H6sHHHB3x")
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
AUXDATA = struct.Struct("=IIIHHHH")
TP_STATUS_VLAN_VALID = 1 << 4
TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x400454CA, 0x0002, 0x1000, 0x4000
# Ahead of each frame: a host leaves checksums and the cutting of long frames to its NIC, and says
# so here (struct virtio_net_hdr). What comes from the LAN is whole.
PACKET_VNET_HDR = 15
WHOLE = bytes(10)
LONGEST = 70000


def answer(received: bytes, number: int) -> bytes:
    """The partner's LACPDU to one that came in on its port of this number."""
    theirs = received[18:36]
    system, key, priority = 0xFFFF, 9, 0xFF
    ours = ACTOR.pack(system, SWITCH_MAC, key, priority, number, STATE)
    tlvs = b"\x01\x14" + ours + b"\x02\x14" + theirs + b"\x03\x10" + bytes(14)
    return SLOW + SWITCH_MAC + struct.pack("!H", ETH_P_LACP) + b"\x01\x01" + tlvs + bytes(52)


def speak_lacp(ports: list[str]) -> None:
    """Answer what the host sends; it sends each second."""
    sockets = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, ETH_P_ALL) for _ in ports]
    for sock, port in zip(sockets, ports, strict=True):
        sock.bind((port, ETH_P_LACP))
    while True:
        for sock in select.select(sockets, [], [])[0]:
            data, where = sock.recvfrom(LONGEST)
            if where[2] != PACKET_OUTGOING and data[14:15] == b"\x01":
                sock.send(answer(data, sockets.index(sock) + 1))


def carry(port: str, tap: str, vlan: int) -> None:
    """Take the tag off what comes from the port, and put it on what goes there."""
    trunk = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    trunk.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    trunk.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    trunk.bind((port, ETH_P_ALL))
    access = os.open("/dev/net/tun", os.O_RDWR)
    flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
    fcntl.ioctl(access, TUNSETIFF, struct.pack("16sH", tap.encode(), flags))
    tag = struct.pack("!HH", 0x8100, vlan)
    while True:
        for ready in select.select([trunk.fileno(), access], [], [])[0]:
            if ready != access:
                frame = _untagged(trunk, vlan)
                if frame:
                    os.write(access, frame)
            else:
                frame = os.read(access, LONGEST)[len(WHOLE) :]
                trunk.send(WHOLE + frame[:12] + tag + frame[12:])


def _untagged(trunk: socket.socket, vlan: int) -> bytes:
    """The next frame, with what is ahead of it, if it came from the host in this VLAN.

    The kernel has taken its tag off.
    """
    data, extra, _flags, where = trunk.recvmsg(LONGEST, socket.CMSG_SPACE(AUXDATA.size))
    tags = [AUXDATA.unpack(content[: AUXDATA.size]) for _level, _kind, content in extra]
    inside = any(t[0] & TP_STATUS_VLAN_VALID and t[5] & 0xFFF == vlan for t in tags)
    return data if inside and where[2] != PACKET_OUTGOING else b""


if __name__ == "__main__":
    kind, *words = sys.argv[1:]
    if kind == "lacp":
        speak_lacp(words)
    else:
        # The port goes with its host, and comes back with another far end.
        with contextlib.suppress(OSError):
            carry(words[0], words[1], int(words[2]))
