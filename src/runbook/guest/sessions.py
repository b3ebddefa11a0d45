"""All guests of one change, from inside: entered, changed, verified, confirmed or undone.

It keeps the channel into each guest, the edit that is made there, and the undo armed there. The
plan has only the digest of the edit, and `steps` refuses an edit with another digest. One cell or
one button at a time may use the channels: it has the turn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from runbook.apply.checkpoint import deadline
from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineMove, DeadlineWish, Now
from runbook.apply.checkpoint.guests_before import GuestsBefore
from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.apply.steps.journal import Journal
from runbook.apply.steps.perform import perform
from runbook.common.clock import Clock
from runbook.common.errors import (
    ConsoleTaken,
    CorrectParameters,
    LoginRefused,
    NoWayIn,
    RunbookError,
    StepFailed,
)
from runbook.guest import deadlines, lan_checks, steps
from runbook.guest import undo as inside
from runbook.guest.configure.guest_edit import DesiredNetwork, GuestEdit
from runbook.guest.session import Enter, GuestSession
from runbook.guest.target import GuestOffer, Target
from runbook.guest.undo import InsideArmed
from runbook.params import KnownHost
from runbook.params.guests import Guest
from runbook.plan.changes.guest_steps import ApplyInside, ArmInside, AwaitPerson
from runbook.plan.changes.steps import Step
from runbook.plan.plan import Plan
from runbook.plan.promise.check import Check
from runbook.plan.promise.guests import ExpectedGuest, GuestPromise
from runbook.state.guest import reader
from runbook.state.guest.inside import Inside
from runbook.state.snapshot import Snapshot
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host


class GuestSessions:
    """The guests of one change; `enter` opens a channel into one."""

    def __init__(
        self, params: KnownHost, guests: tuple[Guest, ...], enter: Enter, clock: Clock
    ) -> None:
        """Nothing is contacted yet."""
        self._params = params
        self._slots = {guest.name: GuestSession(guest, enter, clock) for guest in guests}
        self._clock = clock
        self._turn = threading.RLock()

    @contextmanager
    def turn(self, patience_s: float = -1) -> Iterator[None]:
        """Use the channels alone; BlockingIOError if another has the turn for `patience_s`."""
        if not self._turn.acquire(timeout=patience_s):
            raise BlockingIOError
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def visit(self, patience_s: float = -1) -> Iterator[None]:
        """Have the turn; at its end leave each guest that was entered in it.

        It was entered over a connection that ends too. Then nobody could log out of its console.
        """
        with self.turn(patience_s):
            open_before = {name: slot.opened for name, slot in self._slots.items()}
            try:
                yield
            finally:
                for name, slot in self._slots.items():
                    if slot.opened is not open_before[name]:
                        slot.leave()

    @property
    def guests(self) -> tuple[Guest, ...]:
        """The guests, in order."""
        return tuple(slot.guest for slot in self._slots.values())

    def offer(self, host: Host, desired: DesiredNetwork, answers: tuple[str, ...]) -> GuestOffer:
        """Enter a running guest and read its state; raises LoginRefused or ConsoleTaken."""
        slot = self._slots[desired.guest]
        slot.mac = desired.mac
        try:
            with self.turn():
                how, slot.before = slot.again(
                    host, lambda c: (c.how, reader.read(c, desired.mac, self._clock))
                )
        except (LoginRefused, ConsoleTaken, CorrectParameters) as error:
            if not slot.guest.by_hand:
                raise
            return GuestOffer(desired.guest, tried=(error.what,), answers=answers)
        except NoWayIn as error:
            return GuestOffer(desired.guest, tried=error.tried, answers=answers)
        return GuestOffer(desired.guest, how, slot.before, answers=answers)

    def hold(self, targets: tuple[Target, ...]) -> None:
        """Keep the edit of each guest; the plan has only its digest."""
        for target in targets:
            edit = target.edit if isinstance(target.edit, GuestEdit) else None
            self._slots[target.guest.name].edit = edit

    def before(self) -> Mapping[str, Inside]:
        """The state before of each guest that was entered."""
        return {name: slot.before for name, slot in self._slots.items() if slot.before}

    def take_up(self, plan: Plan, change_id: str, log: Journal, before: GuestsBefore) -> None:
        """Take up a change of another run; its guests are entered when they are needed."""
        for numbered in plan.steps():
            step = numbered.step
            if isinstance(step, ArmInside):
                self._slots[step.guest].armed = steps.may_stand(change_id, step.guest)
            # Without its journal nobody knows that the person was not asked yet.
            begun = not log.text or numbered.number in log.begun()
            if isinstance(step, AwaitPerson) and begun:
                self._slots[step.guest].handed = True
        for guest in plan.of_guests.guests:
            slot = self._slots[guest.name]
            slot.mac, slot.why = guest.mac, before.why
            slot.before = before.inside.get(guest.name)

    def perform(self, step: Step, host: Host, armed: Armed) -> None:
        """Make one step, inside a guest or on its host."""
        if isinstance(step, ArmInside):
            with self.turn():
                # A person may have moved it since the step began.
                until = deadline.standing(host, armed.layout).deadline
                steps.arm(self._slots[step.guest], step, host, (armed.change_id, until))
        elif isinstance(step, ApplyInside):
            with self.turn():
                steps.apply(self._slots[step.guest], step, host)
        else:
            if isinstance(step, AwaitPerson):
                self._slots[step.guest].handed = True
            perform(step, host)

    def checks(self, host: Host, promise: GuestPromise, snapshot: Snapshot) -> tuple[Check, ...]:
        """Each guest from inside, then from outside; `seen` is its host."""
        running = [guest for guest in promise.guests if guest.running]
        return tuple(
            check
            for guest in running
            for check in (
                *self._from_inside(host, guest),
                *lan_checks.listen(host, self._params, promise, guest, snapshot).checks(guest),
            )
        )

    def _from_inside(self, host: Host, expected: ExpectedGuest) -> tuple[Check, ...]:
        """The guest's own checks come first: by its ping the router learns its MAC."""
        slot = self._slots[expected.name]
        if slot.armed is None and slot.before is None:
            return ()
        desired = DesiredNetwork(
            expected.name, expected.mac, expected.address, expected.gateway, expected.nameservers
        )
        with self.visit():
            return slot.again(host, lambda c: inside.verify(c, desired, slot.before, self._clock))

    def confirm(self, host: Host) -> None:
        """Confirm the change in each guest."""
        with self.visit():
            for slot in self.armed():
                slot.again(host, partial(_confirm, slot.armed))

    def undo(self, host: Host, *, confirmed_too: bool = False) -> tuple[GuestDifference, ...]:
        """Undo each guest; the differences that remain, and the guests that cannot be compared.

        `confirmed_too`: the host's part did not stay, so no guest may keep its part.
        """
        by_guest = [self._undo(host, slot, confirmed_too=confirmed_too) for slot in self.armed()]
        return (
            *(difference for differences in by_guest for difference in differences),
            *self._by_hand(),
        )

    def _undo(
        self, host: Host, slot: GuestSession, *, confirmed_too: bool
    ) -> tuple[GuestDifference, ...]:
        if slot.armed is None:
            return ()
        undo = partial(inside.undo, clock=self._clock, confirmed_too=confirmed_too)
        try:
            with self.visit():
                channel = slot.back(host)
                ended = undo(channel, slot.armed)
                differences = slot.differs(channel, ended)
                if slot.has_another_lease(ended, differences):
                    inside.once_more(channel, slot.armed)
                    differences = slot.differs(channel, ended)
                return differences
        except RunbookError as error:
            why = f" is not seen to be as before: {error.what}"
            return (slot.difference(DifferenceKind.NOT_COMPARED, why),)

    def _by_hand(self) -> Iterator[GuestDifference]:
        for name, slot in self._slots.items():
            if slot.handed:
                text = f"what a person may have changed in {name} is undone by nobody else"
                yield GuestDifference(name, DifferenceKind.BY_HAND, text)

    def armed(self) -> Iterator[GuestSession]:
        """The guests in which an undo is armed, or may be."""
        return (slot for slot in self._slots.values() if slot.armed is not None)

    def move(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> DeadlineMove:
        """Move the deadline of host and guests for a step; StepFailed if one did not move."""
        with self.turn():
            both = deadlines.move(self.armed(), armed, host, wish, now)
        if both.not_moved:
            raise _left_behind(host, both.not_moved)
        return both.host

    def close(self) -> None:
        """Close every channel; no guest is changed by that. See `not_left`."""
        with self.turn():
            for slot in self._slots.values():
                slot.leave()

    def not_left(self) -> tuple[str, ...]:
        """One line for each guest whose console was not left as it was; each line comes once."""
        stuck = {name: slot.stuck for name, slot in self._slots.items() if slot.stuck}
        for name in stuck:
            self._slots[name].stuck = ""
        return tuple(f"{name} was not left as it was found: {why}" for name, why in stuck.items())

    def transcripts(self) -> Mapping[str, str]:
        """All that was typed and shown, by guest, without passwords."""
        return {name: slot.transcript for name, slot in self._slots.items()}

    def originals(self) -> Iterator[tuple[str, str, bytes]]:
        """(guest, path, content) of each file that is replaced in a guest."""
        for name, slot in self._slots.items():
            for file in slot.edit.files if slot.edit else ():
                if file.before is not None:
                    yield name, file.path, file.before


def _confirm(armed: InsideArmed | None, channel: Channel) -> None:
    if armed is not None:
        inside.confirm(channel, armed)


def _left_behind(host: Host, problems: tuple[str, ...]) -> StepFailed:
    return StepFailed(
        f"the deadline was moved for a step, and not in every guest: {'; '.join(problems)}",
        host=host.name,
        state="the change is half made, and its undo is armed",
        then="wait for the undo, which follows by itself; then see why that guest did not answer",
    )
