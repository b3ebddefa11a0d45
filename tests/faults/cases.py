"""The cases of the matrix: every fault at every point that the plan has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.faults import injections, libvirtd, outages, people, points, undoing
from tests.faults.injections import Injection
from tests.faults.scene import DEADLINE_S
from tests.faults.signals import BOUNDARY

from runbook.plan.changes.file_steps import EditFile, WriteFile
from runbook.plan.changes.steps import Command
from runbook.plan.plan import Plan

RELEASES = ("bookworm", "trixie", "bullseye")
# Spoken to by steps that a libvirt which does not answer can hold up.
LIBVIRT = ("virsh", "libvirt")
CUT_OFF = "cut off"
# An undo takes two to three seconds, and is hit from its first moment to its last.
MOMENTS_S = (0.0, 0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8)
GUESTS = ("kernel killed", "relay killed", "cable cut", "power cut")
# On the other releases every sixth point, and each fault begins at another one.
WEAVE = 6


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one point of a change on one release.

    A fault's name is `kind: which`; the spread has one of each kind.
    """

    release: str
    addressing: str
    fault: str
    point: str
    what: str
    inject: Injection
    # Changes what all hosts of the lab share, so nothing else may run meanwhile.
    alone: bool = False
    # Runs on libvirt's default network before, throughout and after.
    guest: bool = False
    deadline_s: int = DEADLINE_S
    # The operator's record and notebook are on a disk of their own.
    own_disk: bool = False
    # Whoever tells a kernel to end before the host confirms is not to find the change confirmed.
    undone: bool = False
    # What kernel and papermill have in their environment besides.
    environment: tuple[tuple[str, str], ...] = ()
    # What makes the host what it is, after it was renewed.
    prepare: Callable[[str], None] | None = None
    # How many times as long the host takes.
    slower: float = 1.0

    @property
    def held(self) -> bool:
        """Whether the run is stopped at the point; between two cells papermill hits itself."""
        return not self.point.startswith(BOUNDARY)

    @property
    def where(self) -> str:
        """The point in words, with the step's own."""
        return f"{self.point}: {self.what}" if self.what else self.point

    @property
    def kind(self) -> str:
        """The fault without its numbers, and without which one of its kind it is."""
        return re.sub(r"\d+", "", self.fault).partition(":")[0]

    @property
    def cuts_off(self) -> bool:
        """Whether nobody is to be let in until the host has put itself back."""
        return self.kind == CUT_OFF


@dataclass(frozen=True, slots=True)
class Ground:
    """A release, how its hosts get their address, and the plan that is made on one of them."""

    release: str
    addressing: str
    plan: Plan
    prepare: Callable[[str], None] | None = None

    def case(self, fault: str, point: str, inject: Injection) -> Case:
        """A case on this ground."""
        words = {str(n.number): n.step.describe() for n in self.plan.steps()}
        number = point.split()[1] if point.startswith("step ") else ""
        what = " ".join(words.get(number, "").split())
        hit = Case(self.release, self.addressing, fault, point, what, inject)
        return replace(hit, prepare=self.prepare)

    def every(self, turn: int) -> tuple[str, ...]:
        """One point of every step, in order; an odd `turn` hits those that an even one does not."""
        before, after = points.AROUND
        numbers = [numbered.number for numbered in self.plan.steps()]
        steps = [points.begins(n) if (n + turn) % 2 else points.made(n) for n in numbers]
        return (*before[1:], *steps, *after)

    def first(self, phase: str) -> int:
        """The phase's first step."""
        return self.plan.steps(phase)[0].number

    def spoken_to(self) -> list[int]:
        """The steps that speak to libvirt."""
        steps = self.plan.steps()
        commands = [n for n in steps if isinstance(n.step, Command)]
        return [n.number for n in commands if any(word in n.step.describe() for word in LIBVIRT)]

    def writing(self) -> list[int]:
        """The first step of each phase, and those that write files."""
        steps = self.plan.steps()
        first = {n.change.phase: n.number for n in reversed(steps)}
        files = [n.number for n in steps if isinstance(n.step, WriteFile | EditFile)]
        return sorted({*first.values(), *files})


def matrix(ground: Ground) -> Iterator[Case]:
    """All cases on one ground: each fault at each step on the first release, a weave elsewhere."""
    for turn, (fault, inject) in enumerate(injections.ANYWHERE.items()):
        here = woven(ground, turn, ground.every(turn))
        yield from (ground.case(fault, point, inject) for point in here)
    yield from at_their_place(ground)


def woven(ground: Ground, turn: int, places: tuple[str, ...]) -> list[str]:
    """All of them on the first release, a weave elsewhere."""
    every = enumerate(places)
    return [p for place, p in every if whole(ground) or (place + turn) % WEAVE == 0]


def at_their_place(ground: Ground) -> Iterator[Case]:
    """The faults that belong to a place of the change."""
    yield from _daemon_and_disk(ground)
    yield from _outages(ground)
    yield from _people(ground)
    for fault in GUESTS:
        name, inject = f"guest elsewhere: {fault}", injections.ANYWHERE[fault]
        hit = ground.case(name, points.made(ground.first("cutover")), inject)
        yield replace(hit, guest=True)
    yield from _undos(ground)


def spread(ground: Ground) -> Iterator[Case]:
    """One case a kind of fault, moving through the change: what keeps the gate honest and short."""
    for turn, (fault, inject) in enumerate(injections.ANYWHERE.items()):
        every = ground.every(turn)
        yield ground.case(fault, every[(turn * 11 + 5) % len(every)], inject)
    cutover = points.made(ground.first("cutover"))
    for fault in ("cable cut", "power cut"):
        yield ground.case(fault, cutover, injections.ANYWHERE[fault])
    first = {case.kind: case for case in reversed(list(at_their_place(ground)))}
    # Each third kind of those that have a place of their own; `make faults` has every one.
    yield from list(reversed(first.values()))[::3]


def _daemon_and_disk(ground: Ground) -> Iterator[Case]:
    for number in ground.spoken_to():
        for fault, inject in libvirtd.LIBVIRT.items():
            yield ground.case(fault, points.begins(number), inject)
    name = "libvirtd refuses the undo"
    yield ground.case(name, points.VERIFY, libvirtd.refuse_the_undo)
    yield ground.case(name, points.made(ground.first("cutover")), libvirtd.refuse_the_undo)
    for number in ground.writing():
        yield ground.case("disk full", points.begins(number), injections.fill_disk)
    for point in (points.CONFIRM, points.CONFIRMING, points.CONFIRMED):
        yield ground.case("disk full at the end", point, injections.fill_disk)


def _outages(ground: Ground) -> Iterator[Case]:
    yield ground.case("router silent after the change", points.VERIFY, outages.silence_router)
    name = "router answers no ping after the change"
    yield ground.case(name, points.VERIFY, outages.ignore_pings)
    for fault, inject in outages.CUT_OFF.items():
        for point in (points.VERIFY, points.made(ground.first("cutover"))):
            yield ground.case(f"{CUT_OFF}: {fault}", point, inject)


def _people(ground: Ground) -> Iterator[Case]:
    network = ground.plan.steps("network")
    middle, early = network[len(network) // 2].number, ground.spoken_to()[0]
    name = "a second operator in the middle"
    held = ground.case(name, points.begins(middle), people.another_operator)
    yield replace(held, deadline_s=people.AMPLE_S)
    yield ground.case("a second operator was faster", points.ARMING, people.another_was_faster)
    for name, seconds in (("ahead", people.HOUR), ("back", -people.HOUR)):
        fault = f"clock stepped: an hour {name}"
        hit = ground.case(fault, points.begins(early), people.step_clock(seconds))
        yield replace(hit, alone=True)
    yield ground.case("the confirmation's answer lost", points.CONFIRMING, people.lose_the_answer)
    for point in (points.VERIFY, points.CONFIRM, points.begins(ground.first("cutover"))):
        yield ground.case("the operator thinks too long", point, people.think)


def _undos(ground: Ground) -> Iterator[Case]:
    cutover = points.made(ground.first("cutover"))
    for seconds in MOMENTS_S if whole(ground) else MOMENTS_S[::3]:
        name = f"power cut {seconds * 1000:.0f} ms into the undo"
        yield ground.case(name, points.VERIFY, undoing.power_cut_in_undo(seconds))
        name = f"undo killed after {seconds * 1000:.0f} ms"
        yield ground.case(name, points.VERIFY, undoing.kill_undo(seconds))
    half_made = (points.begins(ground.first("cutover")), cutover)
    for point, seconds in zip(half_made, MOMENTS_S[1:3], strict=True):
        name = f"power cut {seconds * 1000:.0f} ms into the undo"
        yield ground.case(name, point, undoing.power_cut_in_undo(seconds))
    for point in (points.CONFIRMED, points.DISARM, points.VERIFY, cutover):
        yield ground.case("power cut and kernel killed", point, injections.cut_power_of_both)
    for half in ("boot", "announce"):
        for point in (points.VERIFY, cutover):
            name = f"power cut again in the undo at boot: {half}"
            yield ground.case(name, point, undoing.power_cut_twice(half))


def whole(ground: Ground) -> bool:
    """Whether every place is hit on this ground."""
    return ground.release == RELEASES[0]
