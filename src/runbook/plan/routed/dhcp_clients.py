"""DHCP clients that hold the NIC's address: which to stop, how to start them again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import groupby

from runbook.common.errors import Refused
from runbook.plan.changes.leases import StopClient
from runbook.state.leases import OTHERS
from runbook.state.snapshot import Snapshot
from runbook.state.table import Row, rows


def stop_clients(nic: str, seen: Snapshot) -> Iterator[StopClient]:
    """One change a client that runs on the NIC, or a program that only left leases for it.

    Raises Refused where stopping a client would stop it for other interfaces too.
    """
    _refuse_others(nic, seen)
    table = sorted(rows(seen.leases, ifname=nic), key=_client)
    _refuse_shared(nic, {int(row["pid"]) for row in table} - {0}, seen)
    for client, found in groupby(table, key=_client):
        for group in _by_process(list(found)):
            yield _stop(client, nic, group)


def _client(row: Row) -> str:
    return str(row["client"])


def _by_process(found: list[Row]) -> list[list[Row]]:
    """The rows of each process; leases that no process keeps go with the first."""
    pids = list(dict.fromkeys(row["pid"] for row in found if row["pid"])) or [0]
    return [[r for r in found if r["pid"] in (pid, 0 if pid == pids[0] else pid)] for pid in pids]


def _refuse_others(nic: str, seen: Snapshot) -> None:
    """Another manager's client would have the address back on the NIC at its next look."""
    for row in rows(seen.leases):
        if row["client"] in OTHERS and row["ifname"] in (nic, ""):
            name = row["client"]
            raise Refused(
                f"{name} runs (process {row['pid']}), and this procedure does not know how to have"
                f" it leave {nic} alone",
                host=seen.host,
                state="nothing was written",
                then=f"have ifupdown run {nic}, and {name} stopped and disabled; then run again",
            )


def _refuse_shared(nic: str, ours: set[int], seen: Snapshot) -> None:
    for row in rows(seen.leases):
        if row["pid"] and not row["ifname"]:
            raise _refused(row, "every interface", seen)
        if row["pid"] in ours and row["ifname"] != nic:
            raise _refused(row, str(row["ifname"]), seen)


def _refused(row: Row, serves: str, seen: Snapshot) -> Refused:
    return Refused(
        f"{row['client']} (process {row['pid']}) also serves {serves}: it cannot be stopped alone",
        host=seen.host,
        state="nothing was written",
        then="run one client for each interface, as ifupdown does, then run again",
    )


def _stop(client: str, nic: str, found: list[Row]) -> StopClient:
    running = [r for r in found if r["pid"]]
    argv = tuple(shlex.split(str(running[0]["argv"]))) if running else ()
    files = tuple(dict.fromkeys(str(r["lease_file"]) for r in found if r["lease_file"]))
    pids = tuple(int(r["pid"]) for r in running)
    return StopClient(client, nic, pids, argv, start_command(client, nic, argv), files)


def start_command(client: str, nic: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """How to start it as it was; where dhcpcd wrote over its command line, ifupdown's serves."""
    if client == "dhcpcd" and (not argv or argv[0].startswith("dhcpcd:")):
        return ("dhcpcd", nic)
    return argv
