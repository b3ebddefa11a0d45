"""A way into a guest: commands, whatever carries them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runbook.transport.host import Completed

AGENT, CONSOLE = "qemu-guest-agent", "serial console"


class Channel(Protocol):
    """A guest that is being spoken to as root, without using its network.

    Every method raises ConnectionLost when the guest is gone or does not answer
    any more, StepFailed when it answers and could not do what was asked.
    """

    @property
    def how(self) -> str:
        """AGENT or CONSOLE."""

    @property
    def guest(self) -> str:
        """The guest's name in libvirt."""

    @property
    def transcript(self) -> str:
        """What went to and fro so far, for the record; no password is in it."""

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """Run a command to its end. A missing program is exit status 127.

        `timeout` is the seconds it may take in the guest; the time that its output
        takes on a slow line comes on top.
        """

    def close(self) -> str:
        """End it and leave the guest's console as it was found; why not, or '' if so.

        Never raises.
        """
