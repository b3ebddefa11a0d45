"""The cases of a guest's move: every fault at every point that its plan has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from tests.faults import guest_injections, injections, people, points
from tests.faults.cases import Case, Ground
from tests.faults.guest_injections import Environment
from tests.faults.injections import Injection
from tests.faults.scene import Scene

RELEASE = "guests"
# An emulated guest takes half of it from the undo in it to the verdict.
DEADLINE_S = 75
# Enough for what comes before the first step that moves the guest.
SHORT_S = 40
BEFORE = "before the run"
ANYWHERE: dict[str, Injection] = {**injections.ANYWHERE, **guest_injections.AT_A_GUEST}
Setting = Callable[[str], AbstractContextManager[Environment]]


def _nothing(_scene: Scene) -> None:
    """Nothing more happens."""


@dataclass(frozen=True, slots=True)
class GuestCase(Case):
    """One fault at one point of a guest's move.

    `guest` of it is of `system`, with a `console`; `setting` is what stands before the run
    begins, and `refusal` what the run then has to say, '' where it is not to be refused.
    """

    system: str = "quick"
    console: str = "login"
    setting: Setting = guest_injections.as_it_is
    refusal: str = ""

    @property
    def died(self) -> bool:
        """Whether the program is not there any more to say how it ended."""
        return self.kind.endswith(("papermill killed", "kernel killed"))

    @property
    def goes_away(self) -> bool:
        """Whether the guest is switched off, and nobody but a person switches it on."""
        return self.kind == "guest destroyed"


@dataclass(frozen=True, slots=True)
class GuestGround(Ground):
    """A host on the LAN, and the plan that is made for its guest."""

    def hit(self, fault: str, point: str, inject: Injection, system: str = "quick") -> GuestCase:
        """A case on this ground."""
        made = self.case(fault, point, inject)
        told = (made.release, made.addressing, made.fault, made.point, made.what, made.inject)
        return GuestCase(*told, deadline_s=DEADLINE_S, system=system)

    def number(self, kind: str) -> int:
        """The first step of a kind, by the name of its class."""
        found = (n.number for n in self.plan.steps() if type(n.step).__name__ == kind)
        return next(found)


def matrix(ground: GuestGround) -> Iterator[GuestCase]:
    """All cases: each fault at each step, and those that belong to a place."""
    yield from refusals(ground)
    for turn, (fault, inject) in enumerate(ANYWHERE.items()):
        every = (points.ARMING, *ground.every(turn))
        yield from (ground.hit(fault, point, inject) for point in every)
    yield from at_their_place(ground)


def spread(ground: GuestGround) -> Iterator[GuestCase]:
    """A few that are quick, of each kind one: refused, cut off, killed, come too late."""
    refused = {case.fault: case for case in refusals(ground)}
    yield refused["wrong password"]
    moved = points.made(ground.number("ApplyInside"))
    yield ground.hit("sshd's session killed", moved, injections.kill_session)
    early = points.begins(ground.first("cutover"))
    killed = ground.hit("kernel killed", early, injections.kill_kernel)
    yield replace(killed, deadline_s=SHORT_S)
    yield ground.hit("guest reset", points.CONFIRMED, guest_injections.reset)


def refusals(ground: GuestGround) -> Iterator[GuestCase]:
    """What stands against it before anything is written."""
    for fault, setting, said in (
        ("wrong password", guest_injections.wrong_password, "refuses root"),
        ("account locked", guest_injections.locked, "refuses root"),
        ("address taken before", guest_injections.address_taken, "already"),
        ("console taken before", guest_injections.console_taken, "somebody else"),
        ("guest paused", guest_injections.paused, "paused"),
    ):
        made = ground.hit(fault, BEFORE, _nothing)
        yield replace(made, setting=setting, refusal=said)
    silent = ground.hit("no login offered", BEFORE, _nothing)
    yield replace(silent, console="none", refusal="cannot enter the guest")


def at_their_place(ground: GuestGround) -> Iterator[GuestCase]:
    """The faults that belong to a place of the move."""
    arm, apply = ground.number("ArmInside"), ground.number("ApplyInside")
    for point in (points.begins(arm), points.begins(apply), points.VERIFY, points.CONFIRM):
        yield ground.hit("console taken", point, guest_injections.take_console)
    for point in (points.made(arm), points.made(apply), points.VERIFY):
        yield ground.hit("address taken", point, guest_injections.take_address)
    for point in (points.begins(ground.first("cutover")), points.VERIFY, points.CONFIRM):
        yield ground.hit("the operator thinks too long", point, people.think)
    yield ground.hit("router silent", points.VERIFY, guest_injections.silence_router)
    lost = "the confirmation's answer lost"
    yield ground.hit(lost, points.CONFIRMING, people.lose_the_answer)
    both = injections.cut_power_of_both
    for point in (points.made(apply), points.CONFIRMING, points.CONFIRMED):
        yield ground.hit("power cut and kernel killed", point, both)
    yield from _debian(ground, arm, apply)


def _debian(ground: GuestGround, arm: int, apply: int) -> Iterator[GuestCase]:
    first = (points.begins(arm), points.made(arm), points.begins(apply), points.made(apply))
    for point in (*first, points.VERIFY, points.CONFIRM, points.CONFIRMING):
        yield ground.hit("agent stopped", point, guest_injections.stop_agent, "debian")
    for point in (points.made(apply), points.VERIFY):
        yield ground.hit("cannot enter the guest", point, guest_injections.lock_out, "debian")
    for point in (points.made(apply), points.VERIFY):
        yield ground.hit("guest reset: Debian", point, guest_injections.reset, "debian")
    kill = injections.kill_kernel
    yield ground.hit("kernel killed: Debian", points.made(apply), kill, "debian")
