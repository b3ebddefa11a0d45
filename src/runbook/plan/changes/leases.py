"""The DHCP client: stopped without a word to the server, its leases moved aside."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.aside import MoveAside, PutBack
from runbook.plan.changes.file_steps import RemoveFile, Restore
from runbook.plan.changes.processes import Kill, StartClient
from runbook.plan.changes.steps import Step, Unless


@dataclass(frozen=True, slots=True)
class StopClient:
    """End the client of one NIC at once, as version 0.1 planned it; new plans hold `EndClient`.

    A client that is asked to give its lease up takes the address off the
    interface; one that is killed leaves it. Left running it would add the
    address again, or remove it when the lease ends.
    """

    client: str
    ifname: str
    pids: tuple[int, ...]
    argv: tuple[str, ...]
    start: tuple[str, ...]
    lease_files: tuple[str, ...]

    phase = "prepare"
    title = "stop the DHCP client, release nothing"

    @property
    def before(self) -> str:
        running = " ".join(self.argv) or f"no {self.client} running"
        return "\n".join((running, *self.lease_files))

    @property
    def after(self) -> str:
        return f"no {self.client} on {self.ifname}, no lease to take the address back from"

    def do(self) -> tuple[Step, ...]:
        """The client first, so that it cannot write its lease again."""
        return (*self.kill(), *(RemoveFile(path) for path in self.lease_files))

    def undo(self) -> tuple[Step, ...]:
        """The leases back, then the client, which will ask for the same address."""
        files = tuple(Restore(path) for path in self.lease_files)
        return (*files, Unless(self.argv, self.start)) if self.pids else files

    def kill(self) -> tuple[Kill, ...]:
        """Its processes, each with the command line by which it is known."""
        return tuple(Kill(pid, self.argv) for pid in self.pids)


@dataclass(frozen=True, slots=True)
class EndClient(StopClient):
    """End the client of one NIC at once, and move its leases aside.

    `argv` is what the process shows; it is compared and shown, never run. `start` is how the
    undo starts the client again, put together by the plan.
    """

    def do(self) -> tuple[Step, ...]:
        return (*self.kill(), *(MoveAside(path) for path in self.lease_files))

    def undo(self) -> tuple[Step, ...]:
        files = tuple(PutBack(path) for path in self.lease_files)
        return (*files, StartClient(self.ifname, self.start)) if self.pids else files
