"""One guest from inside: the channel, its state before the change, the undo armed in it.

If the guest restarts, it is entered again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from runbook.apply.checkpoint.guests_before import NOT_KEPT
from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.common.clock import Clock
from runbook.common.errors import ConnectionLost, NoWayIn, RunbookError
from runbook.guest import undo
from runbook.guest.configure.guest_edit import GuestEdit
from runbook.guest.undo import InsideArmed, InsideState
from runbook.params.guests import Guest
from runbook.state.guest import reader
from runbook.state.guest.inside import RESOLV_CONF, Inside
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host

# An undo waits this long for a guest that has gone away, say to boot.
BACK_S = 180.0
SETTLE_S = 20.0
PAUSE_S = 2.0
Enter = Callable[[Host, Guest], Channel]
T = TypeVar("T")


@dataclass(slots=True)
class GuestSession:
    """One guest; `edit` is what is done inside, `armed` its undo there.

    `transcripts` are those of closed channels. `before` is the state inside before the change;
    if it is not known, `why` says why. `handed`: a person was asked to change the guest. `stuck`:
    why the last channel did not leave the guest as it was.
    """

    guest: Guest
    enter: Enter
    clock: Clock
    mac: str = ""
    before: Inside | None = None
    why: str = NOT_KEPT
    edit: GuestEdit | None = None
    armed: InsideArmed | None = None
    transcripts: list[str] = field(default_factory=list)
    opened: Channel | None = None
    handed: bool = False
    stuck: str = ""

    def channel(self, host: Host) -> Channel:
        """The channel that is open, or a new one; what a console showed in vain is kept too."""
        if self.opened is None:
            try:
                self.opened = self.enter(host, self.guest)
            except RunbookError as error:
                self.transcripts.append(error.transcript)
                raise
        return self.opened

    def again(self, host: Host, ask: Callable[[Channel], T]) -> T:
        """Ask through the channel, and once more through a new one where that one died."""
        try:
            return ask(self.channel(host))
        except ConnectionLost:
            self.leave()
            return ask(self.channel(host))

    def back(self, host: Host) -> Channel:
        """A channel into a guest that may be booting; waits for it."""
        end = self.clock.monotonic() + BACK_S
        while True:
            try:
                channel = self.channel(host)
                channel.run(("true",))
            except (ConnectionLost, NoWayIn):
                self.leave()
                if self.clock.monotonic() >= end:
                    raise
                self.clock.sleep(PAUSE_S)
            else:
                return channel

    def leave(self) -> None:
        """End the channel; the guest is not changed by that. Never raises."""
        if self.opened is not None:
            channel, self.opened = self.opened, None
            try:
                self.stuck = channel.close()
            except Exception as error:  # noqa: BLE001 - what comes after it counts for more
                self.stuck = f"{type(error).__name__}: {error}"
            self.transcripts.append(channel.transcript)

    def has_another_lease(
        self, ended: InsideState, differences: tuple[GuestDifference, ...]
    ) -> bool:
        """Whether the guest is undone, has DHCP, and only settings differ from before.

        It may have asked for its address before the host had moved the NIC back.
        """
        lent = self.before is not None and self.before.lent
        settings_only = {difference.kind for difference in differences} == {DifferenceKind.SETTING}
        return lent and ended is InsideState.UNDONE and settings_only

    def differs(self, channel: Channel, ended: InsideState) -> tuple[GuestDifference, ...]:
        """The differences from before, once the guest had time to settle.

        A guest without a known state before counts as different, whatever `ended` says.
        """
        if self.before is None:
            state = "is undone" if ended is InsideState.UNDONE else "has nothing of this change"
            why = f"{state}, and was not compared inside: {self.why}"
            return (self.difference(DifferenceKind.NOT_COMPARED, f" {why}"),)
        end = self.clock.monotonic() + SETTLE_S
        while True:
            differences = tuple(
                _differences(self.before, reader.read(channel, self.mac, self.clock))
            )
            if not differences or self.clock.monotonic() >= end:
                return tuple(self.difference(kind, f": {line}") for kind, line in differences)
            self.clock.sleep(PAUSE_S)

    def difference(self, kind: DifferenceKind, more: str) -> GuestDifference:
        """A difference in this guest; its line begins with the guest's name."""
        return GuestDifference(self.guest.name, kind, f"{self.guest.name}{more}")

    @property
    def transcript(self) -> str:
        """All that was typed and shown, without passwords."""
        return "".join((*self.transcripts, self.opened.transcript if self.opened else ""))


def _differences(before: Inside, after: Inside) -> Iterator[tuple[DifferenceKind, str]]:
    if before.lent and not after.lent:
        no_client = f"DHCP client of {before.ifname}: was at work, is gone"
        yield DifferenceKind.SETTING, no_client
    lease = _of_a_lease(before, after) if before.lent else ()
    for kind, checks in (
        (DifferenceKind.SETTING, undo.settings(before, after)),
        (DifferenceKind.FILE, undo.files(before, after)),
    ):
        for name, check in checks.items():
            if not (check.kept or name in lease):
                yield kind, f"{check.about}: was {check.promised}, is {check.seen}"


def _of_a_lease(before: Inside, after: Inside) -> tuple[str, ...]:
    """Settings and files that may differ after a new lease."""
    served = ("nameservers", RESOLV_CONF)
    return (*served, "addresses") if before.networks == after.networks else served
