"""What libvirt has of a guest that leads inside: its agent and its serial console."""

from __future__ import annotations

import socket
from typing import Protocol


class GuestEndpoints(Protocol):
    """One guest, as its host's libvirt offers it. Made by `Host.doors`."""

    @property
    def host(self) -> str:
        """The name of the host it runs on."""

    @property
    def guest(self) -> str:
        """The guest's name in libvirt."""

    def ask_agent(self, command: str, *, timeout: float) -> str:
        """Send one QMP command (JSON) to the guest's agent; its answer, as JSON.

        Raises AgentSilent where there is none or it does not answer in time,
        AgentRefused where it answers with an error.
        """

    def open_console(self, *, force: bool) -> socket.socket:
        """The guest's first serial console as a stream of bytes.

        Raises ConsoleTaken if somebody has it open, unless `force`, which ends
        their session; NoConsole where the guest has none.
        """
