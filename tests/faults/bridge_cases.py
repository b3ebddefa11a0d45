"""Hosts whose address is on ifupdown's br0: both ways on from there, hit by a spread of faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests import stages
from tests.faults import cases, injections, libvirtd, matrix, points
from tests.faults.cases import Case, Ground
from tests.lab.test_adopt import with_guest
from tests.lab.test_odd_hosts import HOSTS, ON_A_BRIDGE

from runbook.lab import lab as labs
from runbook.lab.names import address, host_name
from runbook.params import for_host
from runbook.run import pipeline

RELEASE = "bookworm"
# By its name: the lines of a host's file that ask for it.
SHAPES = {
    "attach": "attach: true\nbridge: br0\n",
    "adopt": "adopt: br0\nbridge: virbr1\nbridge_mac: nic\n",
}
BRIDGE = "bridge: virbr1\n"
# Each third of the few places that the definition of a network has.
EACH = 3


def make_home(folder: Path, shape: str, hosts: int) -> Path:
    """A home of its own, with parameters of the shape for every host."""
    home = matrix.make_home(folder, "static", hosts)
    for number in range(1, hosts + 1):
        path = home / "params" / f"{host_name(number)}.yaml"
        text = path.read_text()
        assert BRIDGE in text
        path.write_text(text.replace(BRIDGE, SHAPES[shape]))
    return home


def make_bridge(host: str) -> None:
    """A fresh host as ifupdown makes it with br0."""
    odd, own = HOSTS[ON_A_BRIDGE], f"{address(host)}/16"
    files = {path: text.replace("172.16.1.1/16", own) for path, text in odd.files.items()}
    replace(odd, files=files).make(host)


def make_bridge_with_guest(host: str) -> None:
    """Likewise, with a running guest in br0: its tap passes too."""
    make_bridge(host)
    # Of each host another one: several are on the LAN at once.
    with_guest(host, f"{address(host)}0")


PREPARE = {"attach": make_bridge, "adopt": make_bridge_with_guest}


def ground(shape: str, home: Path, hosts: int) -> Ground:
    """Bring the lab up, and draw the plan that will be hit."""
    labs.up(hosts, RELEASE, "static", lambda _text: None)
    first = host_name(1)
    labs.renew(first)
    PREPARE[shape](first)
    session = pipeline.open_session(for_host(home / "params", {"host": first}))
    with closing(session.host):
        drawn = stages.draft(session, pipeline.read(session)).plan
    return Ground(shape, "static", drawn, PREPARE[shape])


def spread(ground: Ground) -> Iterator[Case]:
    """Each kind of fault, moving through the change; where that is short, it is hit all over."""
    if ground.plan.steps("cutover"):
        yield from cases.spread(ground)
        return
    for turn, (fault, inject) in enumerate(injections.ANYWHERE.items()):
        yield from (
            ground.case(fault, point, inject) for point in ground.every(turn)[turn % EACH :: EACH]
        )
    for number, (fault, inject) in zip(ground.spoken_to(), libvirtd.LIBVIRT.items(), strict=False):
        yield ground.case(fault, points.begins(number), inject)
