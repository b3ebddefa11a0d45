"""Which variants there are, and how several of them go their course side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby, product
from pathlib import Path

from tests.faults.matrix import make_home
from tests.lab.emulated import patience
from tests.matrix.course import STAGES, MatrixRun, Variant, go
from tests.matrix.services import HOSTS

from runbook.lab import lab as labs
from runbook.lab.hardware import Hardware
from runbook.lab.names import RELEASES, host_name

ADDRESSING, FIREWALL = ("static", "dhcp"), ("keep", "accept", "drop")
Tell = Callable[[MatrixRun], None]


def usual() -> tuple[Variant, ...]:
    """Each release, however addressed, with and without STP, with each firewall profile."""
    every = product(RELEASES, ADDRESSING, (True, False), FIREWALL)
    return tuple(Variant(*one) for one in every)


def full_of_services() -> tuple[Variant, ...]:
    """Hosts of each release with programs that need the network, or know the NIC by name."""
    return tuple(
        Variant(release, "static", stp=True, firewall="keep", programs=programs)
        for release in RELEASES
        for programs in HOSTS
    )


def kernels() -> tuple[Variant, ...]:
    """A host of each release on its own kernel."""
    return tuple(
        Variant(release, "static", stp=True, firewall="keep", machine="qemu")
        for release in RELEASES
    )


SETS = {"usual": usual, "services": full_of_services, "kernels": kernels}


def everything() -> tuple[Variant, ...]:
    """All of them."""
    return (*usual(), *full_of_services(), *kernels())


def spread() -> tuple[Variant, ...]:
    """Each release, each addressing, each profile, STP on and off: on two labs."""
    return (
        Variant("bookworm", "static", stp=True, firewall="drop"),
        Variant("bookworm", "static", stp=False, firewall="accept"),
        Variant("bookworm", "static", stp=True, firewall="keep"),
        Variant("trixie", "dhcp", stp=True, firewall="drop"),
        Variant("trixie", "dhcp", stp=False, firewall="keep"),
    )


def play(variants: tuple[Variant, ...], folder: Path, tell: Tell) -> Iterator[MatrixRun]:
    """Each variant on a host of its own, in a lab for each release, addressing and machine."""
    for turn, ((release, addressing, kind), here) in enumerate(groupby(variants, key=_ground)):
        group = tuple(here)
        labs.down(_quiet)
        labs.up(len(group), release, addressing, _quiet, hardware=Hardware(machine=kind))
        home = make_home(folder / f"{turn}-{release}-{addressing}-{kind}")
        hosts = [host_name(number) for number in range(1, len(group) + 1)]
        one = partial(_go, home, tell)
        with patience(kind), ThreadPoolExecutor(max_workers=len(group)) as pool:
            yield from pool.map(one, group, hosts)


def _go(home: Path, tell: Tell, variant: Variant, host: str) -> MatrixRun:
    course = go(variant, host, home)
    tell(course)
    return course


def _ground(variant: Variant) -> tuple[str, str, str]:
    return variant.release, variant.addressing, variant.machine


def _quiet(_text: str) -> None:
    """Progress is told by the rows."""


HEAD = (
    f"{'release':9}{'address':9}{'machine':8}{'STP':5}{'firewall':10}"
    + "".join(f"{s:12}" for s in STAGES)
    + "services that worked before and after the reboot"
)


def row(course: MatrixRun) -> str:
    """One line, and below it what was not as promised."""
    variant, stages = course.variant, dict(course.stages)
    stp = "on" if variant.stp else "off"
    where = f"{variant.release:9}{variant.addressing:9}{variant.machine:8}"
    head = f"{where}{stp:5}{variant.firewall:10}"
    marks = {stage: "-" if stage not in stages else _mark(stages[stage]) for stage in STAGES}
    worked, every = course.worked
    marks["services"] = f"{worked} of {every} ({variant.programs})" if every else "-"
    said = [f"    {line}" for word in stages.values() if word != "ok" for line in word.splitlines()]
    return "\n".join((head + "".join(f"{mark:12}" for mark in marks.values()), *said[:30]))


def _mark(word: str) -> str:
    return "ok" if word == "ok" else "NOT"
