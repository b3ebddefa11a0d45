"""A guest by DHCP that is restarted in the middle, while another DHCP server lends on the LAN.

It asks there, for its host has not moved the NIC back yet. Nobody is there any more who could
have it ask once more.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.lab import by_agent, guesting
from tests.lab.guesting import HOST, console

from runbook.lab import guest as lab_guests
from runbook.lab import lab as labs
from runbook.lab import shell
from runbook.lab.names import ROUTER

# A guest that boots for minutes, and a disk that the gate does not build.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
BOOT_S, DEADLINE_S = 400.0, 300
SERVER = (
    *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"),
    *("--interface=lan", "--bind-interfaces", "--dhcp-option=option:router,172.16.0.1"),
    "--dhcp-range=172.16.200.1,172.16.200.50,255.255.0.0,12h",
)


@pytest.fixture(scope="module")
def leases(lab: labs.Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A DHCP server on the LAN; the file of what it has lent."""
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    folder = tmp_path_factory.mktemp("dhcp")
    lent = folder / "leases"
    told = (f"--dhcp-leasefile={lent}", f"--pid-file={folder}/pid", "--user=root")
    server = subprocess.Popen(("ip", "netns", "exec", ROUTER, *SERVER, *told))
    try:
        yield lent
    finally:
        server.terminate()
        server.wait(10)
        labs.renew(HOST)


@pytest.mark.parametrize(
    ("name", "manager", "phase"),
    [
        ("vm-01", "ifupdown", "cutover"),
        ("vm-02", "ifupdown", "settle"),
        ("vm-03", "systemd-networkd", "settle"),
    ],
)
def test_it_comes_home_although_it_was_lent_an_address_that_is_of_no_use_there(
    leases: Path, name: str, manager: str, phase: str
) -> None:
    (guest,) = guesting.added("debian", name, manager=manager, dhcp=True)
    was = by_agent.etc(HOST, name), by_agent.live(HOST, name)
    with guesting.session(name, deadline_s=DEADLINE_S) as made:
        change = guesting.armed(made)
        change.make(phase)
    by_agent.shell(HOST, name, "sync")
    console("virsh", "reset", name)
    mac = guesting.mac(name)
    until(f"a lease of the LAN for {name}", lambda: mac in text(leases))
    until("the host's timer", lambda: guesting.as_before(change.before) == "")
    until(f"{name} at home", lambda: f" {guest.address} " in by_agent.live(HOST, name), 180)
    lab_guests.wait(HOST, guest)
    until("all as before", lambda: (by_agent.etc(HOST, name), by_agent.live(HOST, name)) == was, 60)
    lab_guests.remove(HOST, name)


def text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def until(what: str, is_so: Callable[[], bool], seconds: float = BOOT_S) -> None:
    shell.wait_for(what, is_so, seconds, pause=1)
