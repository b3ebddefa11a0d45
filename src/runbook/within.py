"""The guests of one run, from inside: entered once, changed, verified, confirmed or undone there.

It holds what is open: a channel into each guest, and the undo that stands there.
A guest that went away and came back is entered again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from runbook import attach, inside, outside
from runbook.attach import Offer
from runbook.changes.guest_steps import ApplyInside, ArmInside
from runbook.changes.steps import Step
from runbook.checkpoint.arm import Armed
from runbook.clock import Clock
from runbook.errors import (
    ConnectionLost,
    ConsoleTaken,
    CorrectParameters,
    LoginRefused,
    MendAccess,
    NoWayIn,
    RunbookError,
    StepFailed,
)
from runbook.guest_promise import ExpectedGuest, GuestPromise
from runbook.inside import InsideArmed, layout
from runbook.moves.inside import GuestEdit, Wanted
from runbook.params import Params
from runbook.params.guests import Guest
from runbook.perform import perform
from runbook.plan import Plan
from runbook.promise import Check
from runbook.state import inside as insides
from runbook.state.inside import Inside
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host

# The guest's own undo comes this much before the host's.
LEAD_S = 2
SHORTEST_S = 5
# An undo waits this long for a guest that has gone away, say to boot.
BACK_S = 120.0
SETTLE_S = 20.0
LENT = ("addresses", "default_routes", "nameservers")
PAUSE_S = 2.0
Enter = Callable[[Host, Guest], Channel]
T = TypeVar("T")


@dataclass(slots=True)
class _Slot:
    """One guest: what is known of it, and what is open; `told` is of channels that ended."""

    guest: Guest
    mac: str = ""
    before: Inside | None = None
    edit: GuestEdit | None = None
    armed: InsideArmed | None = None
    channel: Channel | None = None
    told: list[str] = field(default_factory=list)


class Within:
    """The guests of one change; `enter` opens a channel into one."""

    def __init__(
        self, params: Params, guests: tuple[Guest, ...], enter: Enter, clock: Clock
    ) -> None:
        """Nothing is contacted yet."""
        self._params = params
        self._slots = {guest.name: _Slot(guest) for guest in guests}
        self._enter = enter
        self._clock = clock

    @property
    def guests(self) -> tuple[Guest, ...]:
        """The guests, in order."""
        return tuple(slot.guest for slot in self._slots.values())

    def offer(self, host: Host, wanted: Wanted, answers: tuple[str, ...]) -> Offer:
        """Go into a running guest and look; raises LoginRefused or ConsoleTaken."""
        slot = self._slots[wanted.guest]
        slot.mac = wanted.mac
        try:
            channel = self._channel(host, slot)
            slot.before = insides.read(channel, wanted.mac)
        except (LoginRefused, ConsoleTaken, CorrectParameters) as error:
            if not slot.guest.by_hand:
                raise
            return Offer(wanted.guest, tried=(error.what,), answers=answers)
        except NoWayIn as error:
            return Offer(wanted.guest, tried=error.tried, answers=answers)
        return Offer(wanted.guest, channel.how, slot.before, answers=answers)

    def hold(self, found: tuple[attach.Target, ...]) -> None:
        """Keep what is to be done inside each; the plan has only its digest."""
        for one in found:
            made = one.inside
            self._slots[one.guest.name].edit = made if isinstance(made, GuestEdit) else None

    def take_up(self, plan: Plan, change_id: str) -> None:
        """Another run's change: its guests are entered when they are needed."""
        nothing = GuestEdit("", "", (), (), ())
        for step in (numbered.step for numbered in plan.steps()):
            if isinstance(step, ArmInside):
                slot = self._slots[step.guest]
                slot.armed = InsideArmed(
                    change_id, step.guest, nothing, 0, "", survives_reboot=False,
                    directory=layout.directory(change_id), undo_script="",
                )  # fmt: skip
        for guest in plan.of_guests.guests:
            self._slots[guest.name].mac = guest.mac

    def perform(self, step: Step, host: Host, armed: Armed) -> None:
        """Make one step, inside a guest or on its host."""
        if isinstance(step, ArmInside):
            self._arm(step, host, armed)
        elif isinstance(step, ApplyInside):
            self._apply(step, host)
        else:
            perform(step, host)

    def _arm(self, step: ArmInside, host: Host, armed: Armed) -> None:
        slot = self._slots[step.guest]
        edit = self._edit(step, host)
        # A deadline that this step has moved on is moved back when the step is done.
        until = (armed.deadline - self._clock.now()).total_seconds()
        left = int(min(until, armed.plan.deadline_s)) - LEAD_S
        if left < SHORTEST_S:
            raise _too_late(host, step.guest)
        channel = self._channel(host, slot)
        slot.armed = inside.arm(channel, edit, armed.change_id, left)

    def _apply(self, step: ApplyInside, host: Host) -> None:
        slot = self._slots[step.guest]
        self._edit(step, host)
        if slot.armed is None:
            raise _not_as_planned(host, step.guest, "no undo stands in it")
        patience = step.budget_s
        inside.apply(self._channel(host, slot), slot.armed, clock=self._clock, patience=patience)

    def _edit(self, step: ArmInside | ApplyInside, host: Host) -> GuestEdit:
        edit = self._slots[step.guest].edit
        if edit is None or attach.digest(edit) != step.edit:
            raise _not_as_planned(
                host, step.guest, "what is to be done in it is not what was planned"
            )
        return edit

    def checks(self, host: Host, promise: GuestPromise) -> tuple[Check, ...]:
        """Each guest from inside, then from outside."""
        running = [guest for guest in promise.guests if guest.running]
        return tuple(check for guest in running for check in self._checks(host, promise, guest))

    def _checks(self, host: Host, promise: GuestPromise, guest: ExpectedGuest) -> Iterator[Check]:
        slot = self._slots[guest.name]
        # First from inside: its ping of the router is what the router then knows it by.
        if slot.armed is not None or slot.before is not None:
            wanted = Wanted(guest.name, guest.mac, guest.address, guest.gateway)
            yield from self._again(host, slot, partial(_verified, wanted, slot.before))
        yield from outside.listen(host, self._params, promise, guest).checks(guest)

    def confirm(self, host: Host) -> None:
        """Have each guest keep its change."""
        for slot in self._armed():
            self._again(host, slot, partial(_confirm, slot.armed))

    def undo(self, host: Host) -> tuple[str, ...]:
        """Have each guest put itself back and look; what is not as before, a line each."""
        by_hand = [s.guest.name for s in self._slots.values() if s.guest.by_hand and not s.edit]
        told = [line for slot in self._armed() for line in self._undo(host, slot)]
        hands = (f"what a person changed in {name} is undone by nobody else" for name in by_hand)
        return (*told, *hands)

    def _undo(self, host: Host, slot: _Slot) -> Iterator[str]:
        name, armed = slot.guest.name, slot.armed
        if armed is None:
            return
        try:
            channel = self._back(host, slot)
            inside.undo(channel, armed, clock=self._clock)
            if slot.before is not None:
                for line in self._settled(channel, slot.before, slot.mac):
                    yield f"{name}: {line}"
        except RunbookError as error:
            yield f"{name} is not seen to be as before: {error.what}"

    def _settled(self, channel: Channel, before: Inside, mac: str) -> tuple[str, ...]:
        """What differs from before, once the guest had time to settle."""
        end = self._clock.monotonic() + SETTLE_S
        while True:
            found = tuple(_differences(before, insides.read(channel, mac)))
            if not found or self._clock.monotonic() >= end:
                return found
            self._clock.sleep(PAUSE_S)

    def _back(self, host: Host, slot: _Slot) -> Channel:
        """A channel into a guest that may be booting."""
        end = self._clock.monotonic() + BACK_S
        while True:
            try:
                channel = self._channel(host, slot)
                channel.run(("true",))
            except (ConnectionLost, NoWayIn):
                self._drop(slot)
                if self._clock.monotonic() >= end:
                    raise
                self._clock.sleep(PAUSE_S)
            else:
                return channel

    def _again(self, host: Host, slot: _Slot, ask: Callable[[Channel], T]) -> T:
        """Ask through the channel, and once more through a new one where that one died."""
        try:
            return ask(self._channel(host, slot))
        except ConnectionLost:
            self._drop(slot)
            return ask(self._channel(host, slot))

    def _channel(self, host: Host, slot: _Slot) -> Channel:
        if slot.channel is None:
            slot.channel = self._enter(host, slot.guest)
        return slot.channel

    def _drop(self, slot: _Slot) -> None:
        if slot.channel is not None:
            channel, slot.channel = slot.channel, None
            channel.close()
            slot.told.append(channel.transcript)

    def _armed(self) -> Iterator[_Slot]:
        return (slot for slot in self._slots.values() if slot.armed is not None)

    def close(self) -> None:
        """Leave every guest; none is changed by that."""
        for slot in self._slots.values():
            with suppress(MendAccess):
                self._drop(slot)

    def transcripts(self) -> Mapping[str, str]:
        """What went to and fro, by guest; no password is in it."""
        return {
            name: "".join((*slot.told, slot.channel.transcript if slot.channel else ""))
            for name, slot in self._slots.items()
        }

    def originals(self) -> Iterator[tuple[str, str, bytes]]:
        """(guest, path, content) of each file that is replaced inside one."""
        for name, slot in self._slots.items():
            for file in slot.edit.files if slot.edit else ():
                if file.before is not None:
                    yield name, file.path, file.before


def _verified(wanted: Wanted, before: Inside | None, channel: Channel) -> tuple[Check, ...]:
    # Of a change that another program made, how its name servers answered before is not known.
    return inside.verify(channel, wanted, before or insides.read(channel, wanted.mac))


def _confirm(armed: InsideArmed | None, channel: Channel) -> None:
    if armed is not None:
        inside.confirm(channel, armed)


def _differences(before: Inside, after: Inside) -> Iterator[str]:
    for check in inside.as_before(before, after):
        # What a DHCP server lends is its own affair.
        lent = before.dhcp_clients and check.about.partition(" ")[0] in LENT
        if not (check.kept or lent):
            yield f"{check.about}: was {check.promised}, is {check.seen}"


def _too_late(host: Host, guest: str) -> StepFailed:
    return StepFailed(
        f"too little time is left until the deadline to arm an undo in {guest}",
        host=host.name,
        state="half made, its undo armed",
        then="wait for the undo, which follows by itself; then give more time: deadline_s",
    )


def _not_as_planned(host: Host, guest: str, why: str) -> StepFailed:
    return StepFailed(
        f"nothing was done in {guest} by this step: {why}",
        host=host.name,
        state="half made, its undo armed",
        then="wait for the undo, which follows by itself; then run again from the start",
    )
