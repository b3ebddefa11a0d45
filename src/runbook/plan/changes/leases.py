"""The DHCP client: stopped without a word to the server, its leases moved aside."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.processes import Kill
from runbook.plan.changes.steps import RemoveFile, Restore, Step, Unless


@dataclass(frozen=True, slots=True)
class StopClient:
    """End the client of one NIC at once.

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
        """The client and its lease files."""
        running = " ".join(self.argv) or f"no {self.client} running"
        return "\n".join((running, *self.lease_files))

    @property
    def after(self) -> str:
        """Neither."""
        return f"no {self.client} on {self.ifname}, no lease to take the address back from"

    def do(self) -> tuple[Step, ...]:
        """The client first, so that it cannot write its lease again."""
        kill = tuple(Kill(pid, self.argv) for pid in self.pids)
        return (*kill, *(RemoveFile(path) for path in self.lease_files))

    def undo(self) -> tuple[Step, ...]:
        """The leases back, then the client, which will ask for the same address."""
        files = tuple(Restore(path) for path in self.lease_files)
        return (*files, Unless(self.argv, self.start)) if self.pids else files
