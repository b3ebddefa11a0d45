"""The connection to a host: live through a relay, or replayed from a recording.

`host` is the protocol: a `Reader` answers, a `Host` can also be changed. `connect` makes a
connection of parameters. `prefixes`, `bootstrap`, `wire` and `session` carry requests to the
relay, `relay_answers` says what its answers look like; `live_reader` and `live` are the protocol
over them. `hypervisor`, `ssh_wrapper` and `libvirt_stream` are libvirt's own connection,
`libvirt_machine` proves where it ends, `pace` bounds new SSH connections; `netlink` checks
netlink datagrams. `arp`, `gateway` and `router` ask the LAN. `process` is what a process is
known by.
`guest_endpoints` and `libvirt_endpoints` list what leads into a guest. `recorder`,
`recording`, `questions` and `recorded` record a host and replay it. `failures` turns ssh's and
sudo's messages into errors, `bounded` gives a library call a time limit. Packages: `relay` (the
program on the host), `guest` (a guest from the inside).
"""

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
