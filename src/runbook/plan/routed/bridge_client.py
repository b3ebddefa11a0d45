"""`addressing: keep`: the DHCP client of the NIC goes on on the bridge.

On a host that is as promised already, the unit's file says how the client runs. What a file or a
process says is never run as it is: the command is put together of words that are known.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from runbook.common.errors import ParameterError, Refused
from runbook.params import Params
from runbook.plan.changes.bridge_client import (
    DHCLIENT,
    DHCPCD,
    MODE,
    ClientShape,
    RunClient,
    script,
    script_path,
    unit,
    unit_path,
)
from runbook.plan.changes.files import PutFile
from runbook.plan.promise.client import ExpectedClient
from runbook.plan.promise.files import ExpectedFile
from runbook.plan.routed import facts
from runbook.plan.routed.dhcp_clients import carried_options
from runbook.state.files import FileRow
from runbook.state.leases import LeaseRow
from runbook.state.snapshot import Snapshot

KEEP, DHCLIENT_CONF = "keep", "/etc/dhcp/dhclient.conf"
# By default dhclient's identifier, as ifupdown starts it, is made of the MAC.
_OWN_IDENTIFIER = re.compile(
    r"^\s*(?:send|supersede)\s+(?:option\s+)?dhcp-client-identifier\b", re.MULTILINE
)
_FROM_THE_MAC = re.compile(r"dhcp-client-identifier\s*=?\s*hardware", re.MULTILINE)
_COMMAND = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)
_METRIC = re.compile(r"[0-9]{1,10}")


def expected(params: Params, snapshot: Snapshot, mac: str) -> ExpectedClient | None:
    """What is promised of the client; None if the lease becomes a static address."""
    if params.addressing != KEEP:
        return None
    shape = _shape(params, snapshot)
    _refuse_another_lease(params, snapshot, mac, shape.client)
    files = (
        ExpectedFile(unit_path(params.network), unit(shape)),
        ExpectedFile(script_path(shape.client, params.network), script(shape)),
    )
    return ExpectedClient(shape.client, files)


def files(promised: ExpectedClient | None, snapshot: Snapshot) -> Iterator[PutFile]:
    """The client's files, written before anything of the network is touched."""
    for file in promised.files if promised else ():
        if snapshot.find(FileRow, file.path):
            raise Refused(
                f"{file.path} is there already, and `addressing: keep` would write it",
                host=snapshot.host,
                then=f"move {file.path} away, or take `addressing` out of the parameters",
            )
        name = promised.name if promised else ""
        yield PutFile(file.path, file.text, MODE, f"have {name} run on the bridge")


def run(params: Params, promised: ExpectedClient | None, snapshot: Snapshot) -> Iterator[RunClient]:
    """The start of the client on the bridge."""
    if promised:
        nic = params.interface
        lease = _running(nic, snapshot).lease_file
        held = facts.nic_address_message(snapshot, nic, params.ipv4)
        yield RunClient(
            *(promised.name, params.network, params.bridge, nic, str(params.ipv4.ip), lease),
            ends=bool(held.valid_lft_s),
        )


def _shape(params: Params, snapshot: Snapshot) -> ClientShape:
    if facts.holds(snapshot, params.bridge, params.ipv4):
        client, argv = _as_written(params, snapshot)
    else:
        row = _running(params.interface, snapshot)
        client, argv = row.client, tuple(shlex.split(row.argv))
    way = facts.default_through(snapshot, params.bridge, params.interface)
    return ClientShape(
        client,
        params.network,
        params.bridge,
        params.interface,
        params.ipv4,
        facts.hook_file(snapshot, params.network),
        carried_options(argv) if client == DHCLIENT else (),
        _metric(argv, way.metric if way else 0) if client == DHCPCD else 0,
    )


def _metric(argv: tuple[str, ...], live: int) -> int:
    """The metric that a unit's command gives, or that of the live default route."""
    given = dict(pairwise(argv)).get("-m", "")
    return int(given) if _METRIC.fullmatch(given) else live


def _as_written(params: Params, snapshot: Snapshot) -> tuple[str, tuple[str, ...]]:
    """The client and its command, as the unit on the host has them."""
    row = snapshot.find(FileRow, unit_path(params.network))
    match = _COMMAND.search(row.content) if row else None
    argv = tuple(match[1].split()) if match else ()
    is_dhcpcd = bool(argv) and argv[0].endswith(f"/{DHCPCD}")
    return DHCPCD if is_dhcpcd else DHCLIENT, argv


def _running(nic: str, snapshot: Snapshot) -> LeaseRow:
    """The one client that runs on the NIC."""
    there = [row for row in snapshot.rows(LeaseRow) if row.ifname == nic and row.pid]
    found = {row.pid: row for row in there}
    own = [row for row in found.values() if "-6" not in shlex.split(row.argv)]
    if len(found) == len(own) == 1:
        return own[0]
    if not own:
        raise ParameterError(
            "addressing",
            KEEP,
            f"no DHCP client runs on {nic} of {snapshot.host}, so there is no lease to keep",
            "take `addressing` out: the change moves the address as it is",
        )
    shown = ", ".join(f"{row.client} (process {row.pid})" for row in found.values())
    raise Refused(
        f"{len(found)} DHCP clients run on {nic}: {shown}; `addressing: keep` carries one of IPv4",
        host=snapshot.host,
        then="run one client on it, or take `addressing` out of the parameters",
    )


def _refuse_another_lease(params: Params, snapshot: Snapshot, mac: str, client: str) -> None:
    """Refuse a MAC by which the server would take this host for another machine."""
    if mac == facts.nic_row(snapshot, params.interface).mac:
        return
    conf = snapshot.find(FileRow, DHCLIENT_CONF)
    text = conf.content if conf and client == DHCLIENT else ""
    if _OWN_IDENTIFIER.search(text) and not _FROM_THE_MAC.search(text):
        return
    raise ParameterError(
        "bridge_mac",
        params.bridge_mac,
        f"the DHCP server knows {snapshot.host} by the MAC of {params.interface}; {client} on a"
        f" bridge with the MAC {mac} would get another address",
        "set bridge_mac: nic, or take `addressing` out: the address then becomes a static one",
    )
