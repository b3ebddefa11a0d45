"""A DHCP client on the bridge: the one of the NIC goes on there, with its lease.

A systemd unit runs the client, and libvirt's hook starts the unit with the network. ifupdown knows
nothing of it, so a restart of networking leaves it alone. libvirt gives the bridge the address
that the lease had at the change, so the host does not wait for a DHCP server at a boot. A hook of
the client takes that address away if the server lends another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Interface

from runbook.plan.changes.aside import ENDING
from runbook.plan.changes.file_steps import Restore
from runbook.plan.changes.processes import EndUnit
from runbook.plan.changes.steps import Command, Step

DHCLIENT, DHCPCD = "dhclient", "dhcpcd"
UNITS = "/etc/systemd/system"
MODE = 0o644
# As long as the DHCP server may take to answer on the bridge.
ANSWER_S = 20
# run-parts passes over a file with any other character in its name.
_NO_NAME_OF_A_HOOK = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class ClientShape:
    """Which client runs on the bridge, and how; each option is one that was checked.

    `hook` is libvirt's hook of the network. `metric` is of the default route: dhclient keeps it
    in its options, dhcpcd is told.
    """

    client: str
    network: str
    bridge: str
    nic: str
    address: IPv4Interface
    hook: str
    options: tuple[str, ...] = ()
    metric: int = 0


def unit_name(network: str) -> str:
    """The name of the unit that runs the client."""
    return f"dhcp-runbook-{network}.service"


def unit_path(network: str) -> str:
    """Where the unit is."""
    return f"{UNITS}/{unit_name(network)}"


def script_path(client: str, network: str) -> str:
    """Where the client looks for a script of the host's own."""
    if client == DHCPCD:
        return "/etc/dhcpcd.enter-hook"
    return f"/etc/dhcp/dhclient-enter-hooks.d/runbook-{_NO_NAME_OF_A_HOOK.sub('_', network)}"


def lease_path(client: str, bridge: str) -> str:
    """Where the client keeps its lease of the bridge."""
    if client == DHCPCD:
        return f"/var/lib/dhcpcd/{bridge}.lease"
    return f"/var/lib/dhcp/dhclient.{bridge}.leases"


def command(shape: ClientShape) -> tuple[str, ...]:
    """The client's command line; it stays in the foreground."""
    if shape.client == DHCPCD:
        metric = ("-m", str(shape.metric)) if shape.metric else ()
        return (f"/sbin/{DHCPCD}", "-4", "-B", *metric, shape.bridge)
    files = ("-pf", f"/run/dhclient.{shape.bridge}.pid", "-lf", lease_path(DHCLIENT, shape.bridge))
    return (f"/sbin/{DHCLIENT}", "-4", "-d", *shape.options, *files, shape.bridge)


def unit(shape: ClientShape) -> str:
    """The unit; no word of the command holds a character that systemd would read otherwise."""
    return _UNIT.format(
        bridge=shape.bridge,
        nic=shape.nic,
        client=shape.client,
        hook=shape.hook,
        command=" ".join(command(shape)),
    )


def script(shape: ClientShape) -> str:
    """What the client runs first, each time that a server has answered."""
    return _SCRIPT.format(
        bridge=shape.bridge, ip=shape.address.ip, address=shape.address.with_prefixlen
    )


_UNIT = """\
# {bridge} has its address by DHCP, as {nic} had it: {client} renews the lease here.
# The hook of libvirt starts this unit each time that the network starts.
[Unit]
Description={client} on {bridge}
ConditionPathExists={hook}

[Service]
ExecStart={command}
# A client that is asked to end may give its lease up and take the address away.
KillSignal=SIGKILL
"""
_SCRIPT = """\
# Written by runbook. libvirt gives {bridge} the address {ip} when its network starts. It lasts as
# long as the lease. If the DHCP server lends another one, {ip} may be somebody else's, so it goes.
if [ "${{interface:-}}" != "{bridge}" ] || [ -z "${{new_ip_address:-}}" ]; then
    :
elif [ "$new_ip_address" != "{ip}" ]; then
    ip -4 address del {address} dev {bridge} 2>/dev/null || :
elif [ -n "${{new_dhcp_lease_time:-}}" ]; then
    ip -4 address change {address} dev {bridge} valid_lft "$new_dhcp_lease_time" \\
        preferred_lft "$new_dhcp_lease_time" 2>/dev/null || :
fi
"""


# An address with an end is one that the client has set.
_RENEWED = f"""\
for _ in $(seq {5 * ANSWER_S}); do
    ip -4 -oneline address show dev {{bridge}} dynamic to {{address}} | grep -q . && exit 0
    sleep 0.2
done
echo "no DHCP server has answered on {{bridge}} in {ANSWER_S} s" >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class RunClient:
    """Start the client on the bridge, with the lease that it had on the NIC.

    The lease file of dhclient also has the DUID by which the server knows this host; without it
    the host would be another client to the server, and get another address. `ends` is false for a
    lease without an end.
    """

    client: str
    network: str
    bridge: str
    nic: str
    address: str
    lease_file: str
    ends: bool

    phase = "settle"

    @property
    def title(self) -> str:
        return f"renew the lease on {self.bridge}"

    @property
    def before(self) -> str:
        return f"no {self.client} on {self.bridge}"

    @property
    def after(self) -> str:
        return f"{self.client} on {self.bridge}, run by {unit_name(self.network)}"

    @property
    def start(self) -> Command:
        """The step that starts the unit."""
        return Command(("systemctl", "start", unit_name(self.network)), budget_s=15.0)

    def do(self) -> tuple[Step, ...]:
        """The lease first: a client without one asks for any address.

        The change goes on once the server has answered on the bridge.
        """
        renewed = _RENEWED.format(bridge=self.bridge, address=self.address)
        looks = (Command(("sh", "-c", renewed), budget_s=ANSWER_S + 5.0),) if self.ends else ()
        return (*self._lease(), self.start, *looks)

    def _lease(self) -> tuple[Step, ...]:
        if not self.lease_file:
            return ()
        there = lease_path(self.client, self.bridge)
        copied = Command(("cp", "--preserve=mode,ownership", f"{self.lease_file}{ENDING}", there))
        if self.client == DHCPCD:
            return (copied,)
        nic = self.nic.replace(".", r"\.")
        edit = f's/interface "{nic}";/interface "{self.bridge}";/'
        return (copied, Command(("sed", "--in-place", edit, there)))

    def undo(self) -> tuple[Step, ...]:
        """The client first, before the address leaves the bridge: it would bring it back."""
        return (
            EndUnit(unit_name(self.network)),
            Restore(lease_path(self.client, self.bridge)),
        )
