"""DHCP clients that hold the NIC's address: which to stop, how to start them again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import groupby

from runbook.changes.leases import StopClient
from runbook.promise import Row, rows
from runbook.state.snapshot import Snapshot


def stop_clients(nic: str, seen: Snapshot) -> Iterator[StopClient]:
    """One change a client program that runs on the NIC or left a lease for it."""
    table = sorted(rows(seen.leases, ifname=nic), key=_client)
    for client, found in groupby(table, key=_client):
        yield _stop(client, nic, list(found))


def _client(row: Row) -> str:
    return str(row["client"])


def _stop(client: str, nic: str, found: list[Row]) -> StopClient:
    running = [r for r in found if r["pid"]]
    argv = tuple(shlex.split(str(running[0]["argv"]))) if running else ()
    files = tuple(dict.fromkeys(str(r["lease_file"]) for r in found if r["lease_file"]))
    pids = tuple(int(r["pid"]) for r in running)
    return StopClient(client, nic, pids, argv, start_command(client, nic, argv), files)


def start_command(client: str, nic: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """How to start it as it was; dhcpcd writes over its own command line, so ifupdown's serves."""
    if client == "dhcpcd":
        return ("dhcpcd", nic)
    return argv
