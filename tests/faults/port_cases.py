"""Hosts whose port is a bond or a VLAN interface, hit by a few faults each.

The kernel of the lab's machine has neither, so QEMU emulates the host with Debian's own kernel, and
a case takes minutes. The host is snapshotted once with its bond or its VLAN interface.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests import stages
from tests.faults import injections, libvirtd, matrix, points
from tests.faults.cases import Case, Ground
from tests.faults.scene import Scene
from tests.lab import emulated
from tests.lab.emulated_switch import TRUNK, VLAN, Switch, in_between
from tests.lab.test_odd_hosts import NIC
from tests.lab.test_qemu_ports import BOND, SECOND, TAGGED

from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.lab.hardware import Hardware
from runbook.lab.names import host_name
from runbook.lab.qemu import process
from runbook.params import for_host
from runbook.run import pipeline

RELEASE, HOST = "bookworm", host_name(1)
# The change is to come to its cutover within this, and its end.
DEADLINE_S = 400
# On a machine with other work; the first boot is that of the snapshot.
BOOT_S = 1800.0
EMULATED = (("RUNBOOK_FAULT_EMULATED", "1"),)
INTERFACE = f"interface: {NIC}\n"


@dataclass(frozen=True, slots=True)
class Shape:
    """The interface with the address, its stanzas, and the switch between host and router."""

    port: str
    stanzas: str
    switch: Switch | None = None


SHAPES = {
    "bond": Shape("bond0", BOND.format("active-backup")),
    "vlan": Shape(f"{NIC}.{VLAN}", TAGGED, TRUNK),
}


@contextmanager
def network(shape: str) -> Iterator[None]:
    """Hosts of this shape, and the time that emulation needs; the lab is down after it."""
    wanted = SHAPES[shape]
    with ExitStack() as stack:
        stack.enter_context(emulated.patience("qemu"))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(machine, "stanzas", lambda *_how: wanted.stanzas)
        patch.setattr(process, "BOOT_S", BOOT_S)
        stack.callback(labs.down, lambda _text: None)
        if wanted.switch:
            stack.enter_context(in_between(wanted.switch))
        yield


def make_home(folder: Path, shape: str) -> Path:
    """A home of its own, with parameters for the shape."""
    home = matrix.make_home(folder, "static", 1)
    path = home / "params" / f"{HOST}.yaml"
    text = path.read_text()
    assert INTERFACE in text
    port = f"interface: {SHAPES[shape].port}\nbridge_mac: nic\n"
    path.write_text(text.replace(INTERFACE, port))
    return home


def ground(shape: str, home: Path) -> Ground:
    """Bring the lab up, and draw the plan that will be hit."""
    labs.down(lambda _text: None)
    labs.up(1, RELEASE, "static", lambda _text: None, hardware=Hardware(machine="qemu"))
    labs.renew(HOST)
    asked = {"host": HOST, "deadline_s": DEADLINE_S}
    session = pipeline.open_session(for_host(home / "params", asked))
    with closing(session.host):
        return Ground(shape, "static", stages.draft(session, pipeline.read(session)).plan)


def cut_a_member(scene: Scene) -> None:
    """The cable of the bond's NIC that is in use; the other one takes its place."""
    place = "/sys/class/net/bond0/bonding/active_slave"
    number = [NIC, SECOND].index(scene.console("cat", place).strip())
    process.set_link(scene.host, number, up=False)
    scene.mend.append(lambda: process.set_link(scene.host, number, up=True))
    scene.from_now("fault")
    scene.go()


def spread(ground: Ground) -> Iterator[Case]:
    """What can go wrong with such a port, and what goes wrong with any, around the cutover."""
    first = ground.first("cutover")
    hits: list[tuple[str, str, Callable[[Scene], None]]] = [
        ("power cut", points.made(first), injections.cut_power),
        ("kernel killed", points.made(first), injections.kill_kernel),
        ("cable cut", points.made(first), injections.cut_cable),
        ("libvirtd refuses the undo", points.VERIFY, libvirtd.refuse_the_undo),
        ("power cut", points.begins(first), injections.cut_power),
        ("papermill killed", points.VERIFY, injections.kill_papermill),
    ]
    if ground.release == "bond":
        hits.insert(1, ("active member's cable cut", points.made(first), cut_a_member))
    for fault, point, inject in hits:
        yield replace(
            ground.case(fault, point, inject),
            deadline_s=DEADLINE_S,
            environment=EMULATED,
            slower=emulated.SLOWER,
        )
