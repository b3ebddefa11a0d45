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
    "local",
    "ssh",
    "ssh_sudo",
    "sudo",
]
