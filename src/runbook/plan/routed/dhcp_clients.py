"""DHCP clients that hold the NIC's address: which to stop, how to start them again.

What a client shows of its command line is read, never run. The undo starts a program of a fixed
name with options that are known, each checked; a client that was started otherwise is refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise

from runbook.common.errors import Refused
from runbook.plan.changes.leases import EndClient
from runbook.plan.promise import managers
from runbook.state.dhcp_clients import OTHERS
from runbook.state.leases import LeaseRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import INTERFACES

# Where Debian's clients keep leases: no folder in which anybody but root makes files.
_LEASE_FILE = re.compile(
    r"/var/lib/(?:dhcp|dhcpcd5?)/(?:[\w@-][\w.@:-]*/)?[\w@-][\w.@:-]*", re.ASCII
)
_PID_FILE = re.compile(r"/(?:var/)?run/dhclient6?[\w.@:-]*\.pid", re.ASCII)
_CONFIGURATION = re.compile(r"/etc/dhcp/dhclient6?[\w.@:-]*\.conf", re.ASCII)
_METRIC = re.compile(r"IF_METRIC=[0-9]{1,10}")
# Options of dhclient(8) that only say how it is to begin: the undo begins it in its own way.
_BEGIN = frozenset({"-v", "-q", "-1", "-d", "-nw", "-w"})
# Those that it is started with again, the second kind each with what may follow it.
_FLAGS = frozenset({"-4", "-6", "-i", "-I", "-N", "-P", "-S", "-T"})
_VALUES = {
    "-pf": _PID_FILE,
    "-lf": _LEASE_FILE,
    "-df": _LEASE_FILE,
    "-cf": _CONFIGURATION,
    "-e": _METRIC,
}
# And of dhcpcd(8), which is started by its name and the interface alone.
_BEGIN_DHCPCD = frozenset({"-4", "-b", "-q", "-w", "-B"})


def stop_clients(nic: str, snapshot: Snapshot) -> Iterator[EndClient]:
    """One change for each client that runs on the NIC or left leases for it.

    Raises Refused where stopping a client would stop it for other interfaces too, or where the
    undo could not start it again.
    """
    _refuse_others(nic, snapshot)
    table = sorted((r for r in snapshot.rows(LeaseRow) if r.ifname == nic), key=_client)
    _refuse_shared(nic, {row.pid for row in table} - {0}, snapshot)
    for client, found in groupby(table, key=_client):
        for group in _by_process(list(found)):
            yield _stop(client, nic, group, snapshot)


def _client(row: LeaseRow) -> str:
    return row.client


def _by_process(leases: list[LeaseRow]) -> list[list[LeaseRow]]:
    """The rows of each process; leases that no process keeps go with the first."""
    pids = list(dict.fromkeys(row.pid for row in leases if row.pid)) or [0]
    return [[r for r in leases if r.pid in (pid, 0 if pid == pids[0] else pid)] for pid in pids]


def _refuse_others(nic: str, snapshot: Snapshot) -> None:
    """Another manager's client would have the address back on the NIC at its next look."""
    judged = (managers.NETWORKD, managers.NETWORK_MANAGER)
    for row in snapshot.rows(LeaseRow):
        if row.client in OTHERS and row.client not in judged and row.ifname in (nic, ""):
            name = row.client
            raise Refused(
                f"{name} runs (process {row.pid}), and this procedure does not know how to have"
                f" it leave {nic} alone",
                host=snapshot.host,
                then=f"write `iface {nic} inet` into {INTERFACES}, disable {name} without stopping"
                " it (a stop may take the address off the NIC at once), and reboot with the console"
                " at hand; then run again",
            )


def _refuse_shared(nic: str, ours: set[int], snapshot: Snapshot) -> None:
    for row in snapshot.rows(LeaseRow):
        if row.pid and not row.ifname and row.client not in OTHERS:
            raise _refused(row, "every interface", snapshot)
        if row.pid in ours and row.ifname != nic:
            raise _refused(row, row.ifname, snapshot)


def _refused(row: LeaseRow, serves: str, snapshot: Snapshot) -> Refused:
    return Refused(
        f"{row.client} (process {row.pid}) also serves {serves}: it cannot be stopped alone",
        host=snapshot.host,
        then="run one client for each interface, as ifupdown does, then run again",
    )


def _stop(client: str, nic: str, leases: list[LeaseRow], snapshot: Snapshot) -> EndClient:
    running = [r for r in leases if r.pid]
    argv = tuple(shlex.split(running[0].argv)) if running else ()
    files = tuple(dict.fromkeys(r.lease_file for r in leases if r.lease_file))
    pids = tuple(r.pid for r in running)
    unknown = "".join(unhandled(client, argv, nic)) if running else ""
    strange = next((path for path in files if not _LEASE_FILE.fullmatch(path)), "")
    if unknown or strange:
        why = f"it runs with {unknown}" if unknown else f"its leases are in {strange}"
        raise _refused_as_it_runs(client, pids, why, snapshot)
    return EndClient(client, nic, pids, argv, start_command(client, nic, argv), files)


def _refused_as_it_runs(
    client: str, pids: tuple[int, ...], why: str, snapshot: Snapshot
) -> Refused:
    which = f" (process {pids[0]})" if pids else ""
    return Refused(
        f"{client}{which} cannot be started again by the undo as it runs now: {why}",
        host=snapshot.host,
        then=f"start {client} as ifupdown does, with no option beside, then run again",
    )


def unhandled(client: str, argv: tuple[str, ...], nic: str) -> Iterator[str]:
    """The first option, or its value, that the undo could not give the client again; no secret."""
    if client == "dhcpcd":
        known = _BEGIN_DHCPCD | {nic}
        shown = () if argv[0].startswith("dhcpcd:") else argv[1:]
        yield from [_option(word) for word in shown if word not in known][:1]
        return
    words = iter(argv[1:])
    for word in words:
        if word in _VALUES:
            value = next(words, "")
            if not _VALUES[word].fullmatch(value):
                yield f"an unusual value of {word}"
                return
        elif word not in _BEGIN | _FLAGS | {nic}:
            yield _option(word)
            return


def _option(word: str) -> str:
    """An option without its value, which may be a secret."""
    return re.split(r"[=\s]", word, maxsplit=1)[0] if word.startswith("-") else "further words"


def start_command(client: str, nic: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """How the undo starts it, of a fixed name and checked parts; () where none ran."""
    if not argv:
        return ()
    if client == "dhcpcd":
        return ("dhcpcd", nic)
    return ("dhclient", "-v", *_options(argv, _VALUES), nic)


def carried_options(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The options of a dhclient that do not depend on the interface; it is one of IPv4."""
    carried = _options(argv, {name: _VALUES[name] for name in ("-cf", "-e")})
    return tuple(word for word in carried if word != "-4")


def _options(argv: tuple[str, ...], values: Mapping[str, re.Pattern[str]]) -> tuple[str, ...]:
    """The flags that are known, and those of `values` with what follows them."""
    carried = [word for word in argv[1:] if word in _FLAGS]
    valued = [
        (word, value)
        for word, value in pairwise(argv[1:])
        if word in values and values[word].fullmatch(value)
    ]
    return (*dict.fromkeys(carried), *(word for pair in dict(valued).items() for word in pair))
