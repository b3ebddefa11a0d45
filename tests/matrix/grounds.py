"""Which variants there are, and how several of them go their course side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby, product
from pathlib import Path

from tests.faults.matrix import make_home
from tests.matrix.course import STAGES, MatrixRun, Variant, go

from runbook.lab import lab as labs
from runbook.lab.names import RELEASES, host_name

ADDRESSING, FIREWALL = ("static", "dhcp"), ("keep", "accept", "drop")
Tell = Callable[[MatrixRun], None]


def everything() -> tuple[Variant, ...]:
    """Each release, however addressed, with and without STP, with each firewall profile."""
    every = product(RELEASES, ADDRESSING, (True, False), FIREWALL)
    return tuple(Variant(*one) for one in every)


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
    """Each variant on a host of its own, in a lab for each release and addressing."""
    for (release, addressing), here in groupby(variants, key=_ground):
        group = tuple(here)
        labs.down(_quiet)
        labs.up(len(group), release, addressing, _quiet)
        home = make_home(folder / f"{release}-{addressing}")
        hosts = [host_name(number) for number in range(1, len(group) + 1)]
        one = partial(_go, home, tell)
        with ThreadPoolExecutor(max_workers=len(group)) as pool:
            yield from pool.map(one, group, hosts)


def _go(home: Path, tell: Tell, variant: Variant, host: str) -> MatrixRun:
    course = go(variant, host, home)
    tell(course)
    return course


def _ground(variant: Variant) -> tuple[str, str]:
    return variant.release, variant.addressing


def _quiet(_text: str) -> None:
    """Progress is told by the rows."""


HEAD = f"{'release':9}{'address':9}{'STP':5}{'firewall':10}" + "".join(f"{s:12}" for s in STAGES)


def row(course: MatrixRun) -> str:
    """One line, and below it what was not as promised."""
    variant, stages = course.variant, dict(course.stages)
    stp = "on" if variant.stp else "off"
    head = f"{variant.release:9}{variant.addressing:9}{stp:5}{variant.firewall:10}"
    marks = {stage: "-" if stage not in stages else _mark(stages[stage]) for stage in STAGES}
    said = [f"    {line}" for word in stages.values() if word != "ok" for line in word.splitlines()]
    return "\n".join((head + "".join(f"{marks[s]:12}" for s in STAGES), *said[:30]))


def _mark(word: str) -> str:
    return "ok" if word == "ok" else "NOT"
