"""The DHCP client that renews the lease on the bridge, and whether a snapshot shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.plan.promise.check import Check, equal
from runbook.plan.promise.files import ExpectedFile, file_checks
from runbook.state.leases import LeaseRow
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ExpectedClient:
    """The client by its name, and its files: the unit that runs it, and its script."""

    name: str
    files: tuple[ExpectedFile, ...]


def client_checks(
    expected: ExpectedClient | None, bridge: str, snapshot: Snapshot
) -> Iterator[Check]:
    """Nothing if no client is promised: the operator may run another."""
    if expected is None:
        return
    yield from file_checks(expected.files, snapshot)
    running = [row.client for row in snapshot.rows(LeaseRow) if row.pid and row.ifname == bridge]
    yield equal(f"DHCP on {bridge}", expected.name, ", ".join(running))
