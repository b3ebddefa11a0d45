"""Hosts, however they are reached: live over a relay, or replayed from a recording."""

from __future__ import annotations

from runbook.transport.host import (
    Completed,
    GuestXML,
    Host,
    HostFile,
    NetworkXML,
    Reader,
)
from runbook.transport.live import LiveHost
from runbook.transport.prefixes import Prefix, local, ssh, ssh_sudo, sudo
from runbook.transport.recorded import RecordedHost
from runbook.transport.recorder import Recorder
from runbook.transport.recording import Recording

__all__ = [
    "Completed",
    "GuestXML",
    "Host",
    "HostFile",
    "NetworkXML",
    "Prefix",
    "Reader",
    "RecordedHost",
    "Recorder",
    "Recording",
    "connect",
    "local",
    "ssh",
    "ssh_sudo",
    "sudo",
]


def connect(name: str, *, prefix: Prefix, libvirt_uri: str | None = None) -> Host:
    """Connect to the host that the operator calls `name`.

    `libvirt_uri` defaults to the one that goes with the prefix. Raises what
    must be mended if the relay does not come up: ConnectionLost,
    HostKeyRejected, PythonMissing, SudoRefused, or MendAccess for the rest.
    """
    return LiveHost(name, prefix=prefix, libvirt_uri=libvirt_uri or prefix.libvirt_uri)
