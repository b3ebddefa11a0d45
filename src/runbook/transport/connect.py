"""Params -> the connection they ask for, and what the router says where they name it.

To look at a host, the way to it is all that need be known.
"""

from __future__ import annotations

import getpass
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from runbook.common.clock import Clock
from runbook.common.errors import MendAccess
from runbook.common.folders import params_folder
from runbook.params import Access, KnownHost
from runbook.transport import prefixes
from runbook.transport.host import Host
from runbook.transport.live import LiveHost
from runbook.transport.pace import Pace
from runbook.transport.prefixes import Prefix
from runbook.transport.recorded import RecordedHost
from runbook.transport.router import RouterSays, ask
from runbook.transport.session import ROOT

OVER_SSH = ("ssh", "ssh+sudo")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks a host, over which connection, and under which number."""

    params: Access
    host: Host
    operator: str
    change_id: str
    clock: Clock
    connect: Callable[[], Host]


def connect(name: str, *, prefix: Prefix, libvirt_uri: str | None = None) -> Host:
    """Connect to the host that the operator calls `name`.

    `libvirt_uri` defaults to the one that goes with the prefix. Raises what
    must be fixed if the relay does not come up: ConnectionLost,
    HostKeyRejected, PythonMissing, SudoRefused, or MendAccess for the rest.
    """
    return LiveHost(name, prefix=prefix, libvirt_uri=libvirt_uri or prefix.libvirt_uri)


def visit(access: Access, clock: Clock) -> Visit:
    """Connect to the host; it is not changed by that."""
    change_id = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    operator = f"{getpass.getuser()}@{socket.gethostname()}"
    pace = Pace(clock)

    def paced() -> Host:
        if access.connect in OVER_SSH:
            pace.wait()
        return open_host(access)

    return Visit(access, paced(), operator, change_id, clock, paced)


def open_host(access: Access) -> Host:
    """Connect, or open the recording; raises what must be fixed if it cannot."""
    if access.connect == "recorded":
        return cast("Host", RecordedHost(params_folder() / str(access.recording)))
    prefix = _prefix(access)
    host = LiveHost(
        access.host, prefix=prefix, libvirt_uri=access.libvirt_uri or prefix.libvirt_uri
    )
    if host.login.uid != ROOT:
        host.close()
        raise _not_root(access, host.login.uid)
    return host


def _not_root(access: Access, uid: int) -> MendAccess:
    by_sudo = "ssh+sudo" if access.connect == "ssh" else "sudo"
    return MendAccess(
        f"connect: {access.connect} leads to user number {uid} of the host, and only root can read"
        " and change its network",
        host=access.host,
        state="nothing was read or written",
        then=f"write `connect: {by_sudo}` into params/{access.host}.yaml, which runs `sudo -n` on"
        " the host, or log in as root",
    )


def ask_router(params: KnownHost, address: str) -> RouterSays | None:
    """What the router's own table holds for an address; None where no router is named."""
    if params.router is None:
        left_out = params.no_router
        return RouterSays("the router", (), f"not asked: {left_out}") if left_out else None
    if params.connect == "recorded":
        return RouterSays(params.router, (), "not asked: the host is a recording")
    prefix = prefixes.ssh(params.router, config=params.ssh_config_path)
    return ask(params.router, prefix, address)


def _prefix(access: Access) -> Prefix:
    config = access.ssh_config_path
    match access.connect:
        case "local":
            return prefixes.local()
        case "sudo":
            return prefixes.sudo()
        case "ssh+sudo":
            return prefixes.ssh_sudo(access.destination, config=config)
        case _:
            return prefixes.ssh(access.destination, config=config)
