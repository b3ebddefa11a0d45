"""A filter as the kernel runs it, with no privilege: on a pair of sockets."""

from __future__ import annotations

import socket

from runbook.transport.gateway import Instruction
from runbook.transport.relay.channels import attach_filter


def passes_filter(program: tuple[Instruction, ...], frame: bytes) -> bool:
    """Whether the frame is let through."""
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        attach_filter(receiver, [list(one) for one in program])
        receiver.settimeout(0)
        try:
            sender.send(frame)
            return receiver.recv(4096) == frame
        except BlockingIOError:
            return False
