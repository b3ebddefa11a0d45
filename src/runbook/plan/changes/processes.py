"""The steps that end a process and start one, and how they know that it is the right one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kill:
    """Kill a DHCP client, if it still is the host's own and has exactly this command line.

    A number is given to another process once its own has ended.
    """

    pid: int
    running: tuple[str, ...]
    budget_s: float = 10.0

    def describe(self) -> str:
        return f"kill -KILL {self.pid}   # {shlex.join(self.running)}"


@dataclass(frozen=True, slots=True)
class StartClient:
    """A DHCP client started, unless the host's own works for the interface; only in an undo.

    `argv` is never what a process showed: the plan puts it together of checked parts.
    """

    ifname: str
    argv: tuple[str, ...]
    budget_s: float = 15.0

    @property
    def program(self) -> str:
        """Its name."""
        return self.argv[0]

    @property
    def family(self) -> str:
        """The option by which two clients of one interface are told apart."""
        return "-6" if "-6" in self.argv else "-4"

    def describe(self) -> str:
        return f"{shlex.join(self.argv)}   # unless it runs already"


@dataclass(frozen=True, slots=True)
class EndUnit:
    """A unit of systemd that runbook made, stopped; only in an undo."""

    unit: str
    budget_s: float = 10.0

    def describe(self) -> str:
        return f"systemctl stop {self.unit}"
