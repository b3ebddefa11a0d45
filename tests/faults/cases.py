"""The cases of the matrix: every fault at every point that the plan has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import injections, points
from tests.faults.injections import Injection

from runbook.plan import Plan

RELEASES = ("bookworm", "trixie", "bullseye")
# Spoken to by steps that a libvirt which does not answer can hold up.
LIBVIRT = ("virsh", "libvirt")
MOMENTS_OF_THE_UNDO = 8
GUESTS = ("kernel killed", "relay killed", "cable cut", "power cut")
# On the other releases every sixth point, and each fault begins at another one.
WEAVE = 6


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one point of a change on one release."""

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

    @property
    def where(self) -> str:
        """The point in words, with the step's own."""
        return f"{self.point}: {self.what}" if self.what else self.point


@dataclass(frozen=True, slots=True)
class Ground:
    """A release, how its hosts get their address, and the plan that is made on one of them."""

    release: str
    addressing: str
    plan: Plan

    def case(
        self, fault: str, point: str, inject: Injection, *, alone: bool = False, guest: bool = False
    ) -> Case:
        """A case on this ground."""
        words = {str(n.number): n.step.describe() for n in self.plan.steps()}
        number = point.split()[1] if point.startswith("step ") else ""
        what = " ".join(words.get(number, "").split())
        return Case(self.release, self.addressing, fault, point, what, inject, alone, guest)

    def every(self, turn: int) -> tuple[str, ...]:
        """One point of every step, in order; an odd `turn` hits those that an even one does not."""
        before, after = points.AROUND
        numbers = [numbered.number for numbered in self.plan.steps()]
        steps = [points.begins(n) if (n + turn) % 2 else points.made(n) for n in numbers]
        return (*before[1:], *steps, *after)


def matrix(ground: Ground) -> Iterator[Case]:
    """All cases on one ground: each fault at each step on the first release, a weave elsewhere."""
    first = ground.release == RELEASES[0]
    for turn, (fault, inject) in enumerate(injections.ANYWHERE.items()):
        every = enumerate(ground.every(turn))
        here = [point for place, point in every if first or (place + turn) % WEAVE == 0]
        yield from (ground.case(fault, point, inject) for point in here)
    yield from at_their_place(ground)


def at_their_place(ground: Ground) -> Iterator[Case]:
    """The faults that belong to a place of the change."""
    for numbered in ground.plan.steps():
        if any(word in numbered.step.describe() for word in LIBVIRT):
            for fault, inject in injections.LIBVIRT.items():
                yield ground.case(fault, points.begins(numbered.number), inject)
    for number in _writing(ground.plan):
        yield ground.case("disk full", points.begins(number), injections.fill_disk)
    for fault, (point, inject, alone) in injections.AT_A_POINT.items():
        yield ground.case(fault, point, inject, alone=alone)
    for fault in GUESTS:
        name, inject = f"guest elsewhere, {fault}", injections.ANYWHERE[fault]
        yield ground.case(name, points.made(_cutover(ground.plan)), inject, guest=True)
    for point in (points.VERIFY, points.CONFIRM, points.begins(_cutover(ground.plan))):
        yield ground.case("the operator thinks too long", point, injections.think)
    first = ground.release == RELEASES[0]
    for number in range(0, MOMENTS_OF_THE_UNDO, 1 if first else MOMENTS_OF_THE_UNDO // 2):
        name = f"power cut {number * 100} ms into the undo"
        yield ground.case(name, points.VERIFY, injections.power_cut_in_undo(number / 10))
        name = f"undo killed after {number * 100} ms"
        yield ground.case(name, points.VERIFY, injections.kill_undo(number / 10))


def spread(ground: Ground) -> Iterator[Case]:
    """One case a fault, moving through the change: what keeps the gate honest and short."""
    for turn, (fault, inject) in enumerate(injections.ANYWHERE.items()):
        every = ground.every(turn)
        yield ground.case(fault, every[(turn * 11 + 5) % len(every)], inject)
    cutover = points.made(_cutover(ground.plan))
    for fault in ("kernel killed", "cable cut", "power cut"):
        yield ground.case(fault, cutover, injections.ANYWHERE[fault])
    seen = set()
    for case in at_their_place(ground):
        kind = case.fault.split(" ")[0]
        if kind not in seen and not case.alone:
            seen.add(kind)
            yield case


def _writing(plan: Plan) -> list[int]:
    """The first step of each phase, and those that write files."""
    steps = plan.steps()
    first = {n.change.phase: n.number for n in reversed(steps)}
    files = [n.number for n in steps if type(n.step).__name__ in ("WriteFile", "EditFile")]
    return sorted({*first.values(), *files})


def _cutover(plan: Plan) -> int:
    return plan.steps("cutover")[0].number
