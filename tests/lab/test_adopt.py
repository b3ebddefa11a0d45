"""ifupdown's br0 with a guest in it: libvirt's bridge takes its place, and gives it back.

docs/hosts.md has the table of what these tests saw.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest
from tests.lab.course import watched
from tests.lab.test_files import console, params
from tests.lab.test_odd_hosts import HOSTS, ON_A_BRIDGE
from tests.matrix.course import FINE, as_promised, change, libvirtd, networking, reboot, undone

from runbook.lab import guest as guests
from runbook.lab import machine, shell
from runbook.lab.guest_xml import Guest
from runbook.lab.probe import OutageProbe

# A guest's start and a boot, on a machine that does other work too.
pytestmark = pytest.mark.timeout(1500)
HOST, GUEST = "server-01", "vm-01"
ADDRESS, OF_GUEST = "172.16.1.1", "172.16.1.10"
OLD, ASKED = "br0", {"adopt": "br0", "bridge_mac": "nic", "forward": "open"}
RATE, PATIENCE_S = 1000, 240
# Of 1,000 a second, for the time in which the NIC is in neither bridge.
MOST_LOST = 5
ONTO = f"<network><name>for-now</name><forward mode='bridge'/><bridge name='{OLD}'/></network>"
# Its NIC as `virsh` defines it by `--network bridge=br0`.
TO_THE_BRIDGE = (
    f"virsh destroy {GUEST}; virsh dumpxml {GUEST} | "
    f"sed -e \"s/type='network'/type='bridge'/\" -e \"s/network='for-now'/bridge='{OLD}'/\" | "
    f"virsh define /dev/stdin; virsh net-destroy for-now; virsh net-undefine for-now;"
    f" virsh start {GUEST}"
)


# The kernel of the lab's machine looks at bridged frames from the start. Debian's does so only once
# somebody has loaded br_netfilter.
UNSEEN = "".join(
    f"net.bridge.bridge-nf-call-{word}=0\n" for word in ("iptables", "ip6tables", "arptables")
)


def with_guest(host: str = HOST, address: str = OF_GUEST) -> None:
    """A running guest on the host's br0."""
    for name in (item.partition("=")[0] for item in UNSEEN.split()):
        console(host, f"sysctl -q -w {name}=0")
    console(host, "cat >/etc/sysctl.d/90-bridges.conf", UNSEEN.encode())
    console(host, "virsh net-define /dev/stdin; virsh net-start for-now", ONTO.encode())
    lan = (IPv4Interface(f"{address}/16"), IPv4Address("172.16.0.1"))
    guests.add(host, Guest(GUEST, "for-now", *lan))
    console(host, TO_THE_BRIDGE)
    answers(address)


def answers(address: str = OF_GUEST) -> None:
    """Wait until the guest is heard from beyond the router."""

    def heard() -> bool:
        return OutageProbe(address, rate=20, seconds=1).result().lost == 0

    shell.wait_for(GUEST, heard, PATIENCE_S)


def ports(bridge: str) -> list[str]:
    """The bridge's ports, a tap by the first letters of its name."""
    found = console(HOST, f"ls /sys/class/net/{bridge}/brif").decode().split()
    return sorted(port[:4] if port.startswith("vnet") else port for port in found)


@contextmanager
def handed_on(what: str, request: pytest.FixtureRequest) -> Iterator[list[int]]:
    """What comes in for the guest by the NIC, and what of it is lost before the tap; and back."""
    (tap,) = (
        name for name in console(HOST, "ls /sys/class/net").decode().split() if "vnet" in name
    )
    console(HOST, "cat >/root/handed_on.py", Path(__file__).with_name("handed_on.py").read_bytes())
    argv = machine.inside(HOST, ["python3", "-I", "/root/handed_on.py", "enp4s0f0", tap, OF_GUEST])
    counts: list[int] = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == "listens\n"
        try:
            yield counts
        finally:
            console(HOST, "pkill -TERM -f '^python3 -I /root/handed_on.py'")
        counts += [int(word) for word in listener.stdout.readline().split()]
    request.node.user_properties.append((f"{what}: came in, lost, replied, lost", str(counts)))


def test_br0_and_its_guest_pass_to_libvirts_bridge_and_back(
    release: str, request: pytest.FixtureRequest
) -> None:
    HOSTS[ON_A_BRIDGE].make(HOST)
    with_guest()
    assert ports(OLD) == ["enp4s0f0", "vnet"]
    asked = params(HOST).model_copy(update=ASKED)
    both = [ADDRESS, OF_GUEST]
    with (
        handed_on(f"{release}: change", request) as moved,
        watched(f"{release}: change", request, both, RATE) as changed,
    ):
        start, session = change(asked)
    assert ports("virbr1") == ["enp4s0f0", "vnet"]
    assert ports(OLD) == []
    for deed in (libvirtd, networking, reboot):
        with watched(f"{release}: {deed.__name__}", request, both, RATE):
            deed(HOST)
            assert as_promised(session, start) == FINE, deed.__name__
            answers()
        assert ports("virbr1") == ["enp4s0f0", "vnet"], deed.__name__
    with (
        handed_on(f"{release}: undo", request) as returned,
        watched(f"{release}: undo", request, both, RATE) as back,
    ):
        assert undone(session, HOST, start) == FINE
    assert ports(OLD) == ["enp4s0f0", "vnet"]
    reboot(HOST)
    answers()
    (host, _), (host_back, _) = changed, back
    # While the NIC is in neither bridge, the kernel drops what comes in for the host.
    assert max(host.lost, host_back.lost) <= MOST_LOST, (changed, back)
    # An emulated guest loses pings by itself, so the host's own part is looked at.
    for came, lost, replied, lost_replies in (moved, returned):
        # An undo may take less than a second.
        assert min(came, replied) > RATE // 10
        assert (lost, lost_replies) == (0, 0)
