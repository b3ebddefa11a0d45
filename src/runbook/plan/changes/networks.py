"""The libvirt network: define it, start it, and have libvirt start it at boot."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.file_steps import MakeDir, RemoveDir
from runbook.plan.changes.files import PutFile
from runbook.plan.changes.steps import Command, DropNetwork, Step

CLIENT = "virsh"
URI = ("--connect", "qemu:///system")
# It runs iptables dozens of times, each of which may wait for a lock.
START_BUDGET_S = 45.0
# libvirt 11.3 sometimes hangs for half a minute when told to end, and then gives up by itself.
RESTART_BUDGET_S = 45.0
STDIN = "/dev/stdin"
# libvirt notes there which guest has which MAC. Without a dnsmasq it does not make the
# directory, and then starts no guest on the network (seen on 7.0, 9.0 and 11.3).
GUESTS_SEEN = "/var/lib/libvirt/dnsmasq"


def define_and_start(name: str, xml: str) -> tuple[Command, ...]:
    """Autostart last: a network that does not start must not start at boot."""
    virsh = (CLIENT, *URI)
    return (
        Command((*virsh, "net-define", STDIN), stdin=xml.encode()),
        Command((*virsh, "net-start", name), budget_s=START_BUDGET_S),
        Command((*virsh, "net-autostart", name)),
    )


@dataclass(frozen=True, slots=True)
class CreateNetwork:
    """Define the network, start it, and have libvirt start it at boot."""

    name: str
    bridge: str
    xml: str
    chains_of: tuple[str, ...]

    phase = "network"

    @property
    def title(self) -> str:
        return f"define and start libvirt network {self.name}"

    @property
    def before(self) -> str:
        return f"no network {self.name}, no {self.bridge}"

    @property
    def after(self) -> str:
        return self.xml

    def do(self) -> tuple[Step, ...]:
        return (MakeDir(GUESTS_SEEN), *define_and_start(self.name, self.xml))

    def undo(self) -> tuple[Step, ...]:
        return (DropNetwork(self.name, self.bridge, self.chains_of), RemoveDir(GUESTS_SEEN))


# Patterns, because a unit that is named and unknown is an error, and a host
# has either the one daemon or the other.
DAEMONS = ("libvirt[d].service", "virtnetwork[d].service")


@dataclass(frozen=True, slots=True)
class InstallHook:
    """Install the script that brings the NIC back, and restart libvirt so that it finds it.

    libvirt looks for hook scripts once, when it starts. It is restarted after
    the network was started, so the script does not run in mid-change.
    Restarting it touches neither guests nor networks.
    """

    file: PutFile

    phase = "network"

    @property
    def title(self) -> str:
        return self.file.purpose

    @property
    def before(self) -> str:
        return self.file.before

    @property
    def after(self) -> str:
        return self.file.after

    def do(self) -> tuple[Step, ...]:
        """The script, then libvirt's restart."""
        restart = Command(("systemctl", "try-restart", *DAEMONS), budget_s=RESTART_BUDGET_S)
        return (*self.file.do(), restart)

    def undo(self) -> tuple[Step, ...]:
        """The script away; dropping the network restarts libvirt."""
        return self.file.undo()
