"""The undo on the host: asked for, asked for again after an outage, and waited for.

It takes as few new connections as it can. A host may let in only so many in some seconds, and a
host that does not answer for that reason looks like one that is off the LAN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from runbook.apply.checkpoint import armed_change, timer
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.steps import journal
from runbook.apply.steps.commands import run
from runbook.apply.steps.journal import Journal, State
from runbook.common.clock import Clock
from runbook.common.errors import GoToTheConsole, MendAccess, StepFailed
from runbook.transport.host import Host

PAUSE_S = 0.2
# Between two attempts to connect. Most limits count over 30 s, and forget the attempts in the
# last of these pauses.
PAUSES_S = (0.2, 1.0, 3.0, 10.0, 35.0)
Connect = Callable[[], Host]


@dataclass(slots=True)
class UndoRequest:
    """The undo of one change.

    `journal_before` is how many characters the journal had when the undo was asked for first.
    """

    host: str
    layout: Layout
    connect: Connect
    clock: Clock
    journal_before: int | None = None

    @contextmanager
    def ended(self, first: Host, patience_s: float) -> Iterator[Host]:
        """A connection after the end of the undo: a new one, or `first` if no other is let in.

        Raises GoToTheConsole if the undo is not seen to end, or if the change was confirmed.
        """
        host = self._wait(first, patience_s)
        try:
            yield host
        finally:
            self._leave(host, first)

    def _wait(self, first: Host, patience_s: float) -> Host:
        end = self.clock.monotonic() + patience_s
        host, failed = self._asked_over(first), 0
        try:
            while self.clock.monotonic() < end:
                try:
                    host = self._connected() if host is None else host
                    failed, pause = 0, PAUSE_S
                    if self._over(host):
                        return self._new_or(first) if host is first else host
                except MendAccess:
                    self._leave(host, first)
                    pause = PAUSES_S[min(failed, len(PAUSES_S) - 1)]
                    host, failed = None, failed + 1
                self.clock.sleep(pause)
        except BaseException:
            self._leave(host, first)
            raise
        self._leave(host, first)
        raise self._not_seen(answers=host is not None)

    def _asked_over(self, first: Host) -> Host | None:
        """The connection from before, if the undo could be asked for over it."""
        try:
            self._ask(first)
        except MendAccess:
            return None
        return first

    def _connected(self) -> Host:
        """A new connection; over it the undo is asked for again, if none has begun since."""
        host = self.connect()
        try:
            if self._armed(host) and not self._since(host).undo_began:
                # The host's own timer runs the same script.
                with suppress(StepFailed):
                    self._ask(host)
        except BaseException:
            host.close()
            raise
        return host

    def _ask(self, host: Host) -> None:
        if self.journal_before is None:
            self.journal_before = len(journal.read(host, self.layout.journal).text)
        run(timer.run_now(self.layout, f"{self.clock.now():%H%M%S%f}"), host)

    def _since(self, host: Host) -> Journal:
        """What the journal has had since the undo was asked for."""
        text = journal.read(host, self.layout.journal).text
        return Journal(text[len(text) if self.journal_before is None else self.journal_before :])

    def _armed(self, host: Host) -> bool:
        return armed_change.holder(host) == self.layout.change_id

    def _over(self, host: Host) -> bool:
        if self._armed(host):
            return in_part(self._since(host))
        last = journal.read(host, self.layout.journal).last
        if last and last.state in (State.CONFIRMING, State.CONFIRMED):
            raise GoToTheConsole(
                "the change was confirmed before it could be undone, so it was not undone",
                host=self.host,
                state="changed and confirmed: nothing undoes it by itself",
                then=f"see that it is as you want it: `runbook status {self.host}`",
            )
        return True

    def _new_or(self, first: Host) -> Host:
        try:
            return self.connect()
        except MendAccess:
            return first

    @staticmethod
    def _leave(host: Host | None, first: Host) -> None:
        if host is not None and host is not first:
            host.close()

    def _not_seen(self, *, answers: bool) -> GoToTheConsole:
        what = "the undo was asked for, and the host was not seen to finish it"
        place = self.layout
        by_hand = f"at its console: sh {place.undo}; then read {place.journal}"
        if answers:
            state = "it answers, and its undo did not end"
            return GoToTheConsole(what, host=self.host, state=state, then=by_hand)
        return GoToTheConsole(
            what,
            host=self.host,
            state="not known: it does not answer. Its own timer undoes the change at the deadline",
            then=f"in two minutes `runbook status {self.host}`, for a limit on new SSH connections"
            f" may keep this machine out; if it does not answer either, {by_hand}",
        )


def in_part(log: Journal) -> bool:
    """Whether the undo ended and could not put all back."""
    return log.last is not None and log.last.state is State.INCOMPLETE
