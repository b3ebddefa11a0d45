"""A guest as somebody finds it who has nothing to do with the change: inside, and at its host.

The product leads to a shell in the guest; what is asked there, and of libvirt, is asked anew.
"""

from __future__ import annotations

import subprocess
from contextlib import closing
from dataclasses import dataclass, fields

from runbook.common.clock import SystemClock
from runbook.lab import guest as guests
from runbook.lab import machine
from runbook.lab.guest_xml import mac_of
from runbook.lab.names import GUEST_PASSWORD, GUEST_USER, ROUTER, host_number
from runbook.transport import ssh
from runbook.transport.connect import connect
from runbook.transport.guest import Channel, ChannelOptions, Credentials, Secret, open_channel
from runbook.transport.guest.expect import Patience

NAME, NETWORK, LAN, ROUTER_AT = "vm-01", "default", "routed", "172.16.0.1"
ARRIVE_S = 120.0
# One line a fact: the kind of fact, then what it is.
SCRIPT = r"""
ip -4 -o address show | awk '$2 != "lo" { print "address", $2, $4 }'
ip -4 route show | awk '$1 == "default" { print "route", $2, $3, $4, $5 }'
find /etc -xdev -type f | sort | while read -r file; do
    sum=$(sha256sum "$file")
    echo "file $file $(stat -c %a:%u:%g "$file") ${sum%% *}"
done
for path in /var/lib/runbook/armed-inside /etc/systemd/system/runbook-inside.service \
    /etc/systemd/system/sysinit.target.wants/runbook-inside.service \
    /etc/network/if-up.d/runbook-inside; do
    if [ -e "$path" ] || [ -L "$path" ]; then echo "left $path"; fi
done
for process in /proc/[0-9]*; do
    words=$(tr '\000' ' ' <"$process/cmdline" 2>/dev/null)
    case $words in *"/var/lib/runbook/"*) echo "left $words" ;; esac
done
if [ -d /run/systemd/system ]; then
    systemctl list-units --no-legend --plain 'runbook-*' | sed 's/^/left /'
fi
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The guest: what libvirt has of it now and at its next start, and what is seen inside.

    `addresses` and `routes` are those of IPv4; `files` is all of its /etc: path, mode, owner,
    SHA-256; `left` is what of an undo still stands there.
    """

    live: str
    defined: str
    addresses: tuple[str, ...]
    routes: tuple[str, ...]
    files: frozenset[str]
    left: tuple[str, ...]

    def differs(self, other: Look) -> str:
        """In what the other is not the same; '' for nothing."""
        told = []
        for field in fields(self):
            mine, its = getattr(self, field.name), getattr(other, field.name)
            if mine != its:
                told.append(f"{field.name}: {_only(mine, its)}, now {_only(its, mine)}")
        return "; ".join(told)


def _only(mine: object, its: object) -> object:
    both = isinstance(mine, frozenset) and isinstance(its, frozenset)
    return sorted(mine - its) if both else mine  # type: ignore[operator]


def wanted(host: str) -> str:
    """The address that the guest is to have on the LAN, with its prefix length."""
    return f"172.16.2.{host_number(host)}/16"


def look(host: str) -> Look:
    """The guest now; raises RunbookError where nothing leads inside."""
    told: dict[str, list[str]] = {}
    with closing(connect(host, prefix=ssh(host))) as reached:
        credentials = Credentials(GUEST_USER, lambda: Secret(GUEST_PASSWORD))
        ways = ChannelOptions("f4u7", force=True, patience=Patience(arrive=ARRIVE_S))
        channel = open_channel(reached.doors(NAME), credentials, ways, clock=SystemClock())
        with closing(channel):
            said = _asked(channel)
    for line in said.splitlines():
        kind, _, what = line.partition(" ")
        told.setdefault(kind, []).append(what.strip())
    inside = {kind: tuple(told.get(kind, ())) for kind in ("address", "route", "left")}
    return Look(
        *(plugged(host), plugged(host, "--inactive")),
        *(inside["address"], inside["route"]),
        *(frozenset(told.get("file", ())), inside["left"]),
    )


def outside(host: str) -> Look:
    """Only what libvirt has of it, where nothing leads inside."""
    return Look(plugged(host), plugged(host, "--inactive"), (), (), frozenset(), ())


def _asked(channel: Channel) -> str:
    done = channel.run(("sh",), stdin=SCRIPT.encode(), timeout=60.0)
    return done.stdout.decode(errors="replace")


def plugged(host: str, *which: str) -> str:
    """The network that the guest's NIC is on, by `virsh domiflist`; '' where it has none."""
    argv = ("virsh", "--quiet", "domiflist", *which, NAME)
    lines = machine.run(host, argv).stdout.decode().splitlines()
    rows = [line.split() for line in lines if mac_of(host, NAME) in line]
    return " ".join(row[2] for row in rows)


def runs(host: str) -> bool:
    """Whether the guest has power."""
    return machine.run(host, ("virsh", "domstate", NAME)).stdout.decode().strip() == "running"


def start(host: str) -> None:
    """Switch it on."""
    machine.run(host, ("virsh", "start", NAME))


def answers_at_home(host: str) -> bool:
    """Whether it answers its host where it was before."""
    own = str(guests.place(host, NETWORK)[0].ip)
    return machine.run(host, ("ping", "-q", "-c", "1", "-W", "2", own)).returncode == 0


def answers_on_the_lan(host: str) -> bool:
    """Whether it answers the router where it is to be, and with its own MAC."""
    address = wanted(host).partition("/")[0]
    return (
        _router("ping", "-q", "-c", "1", "-W", "2", address)[0]
        and mac_of(host, NAME) in _router("ip", "neigh", "show", address)[1]
    )


def _router(*argv: str) -> tuple[bool, str]:
    done = subprocess.run(
        ("ip", "netns", "exec", ROUTER, *argv), capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout
