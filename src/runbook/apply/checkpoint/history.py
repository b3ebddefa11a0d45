"""What the last change on a host came to, where none is armed any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from runbook.apply.checkpoint import layout
from runbook.apply.checkpoint.armed_change import Checkpoint, read_checkpoint
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.steps import journal
from runbook.apply.steps.journal import State
from runbook.transport.host import Reader

End = Literal["confirmed", "undone", "stood down", "not told"]
_ENDS: dict[State, End] = {
    State.CONFIRMING: "confirmed",
    State.CONFIRMED: "confirmed",
    State.UNDONE: "undone",
    State.STOOD_DOWN: "stood down",
}
TRIGGERS = {
    "deadline": "by its deadline",
    "refused": "because the host's kernel refused a step",
    "libvirt": "once libvirt answered again",
    "announce": "at a boot",
    "console": "by hand at the console",
    "operator": "by an operator's program",
}


@dataclass(frozen=True, slots=True)
class EndedChange:
    """A change that does not hold the lock any more."""

    host: str
    checkpoint: Checkpoint

    @property
    def end(self) -> End:
        """How it ended, by its journal on the host."""
        last = self.checkpoint.log.last
        return _ENDS.get(last.state, "not told") if last else "not told"

    @property
    def to_compare(self) -> bool:
        """Whether the change was undone, and no comparison has shown the host as before yet."""
        return self.end == "undone" and self.checkpoint.log.compared != journal.AS_BEFORE

    @property
    def outcome(self) -> str:
        """How it ended, in a sentence."""
        last = self.checkpoint.log.last
        if self.end == "not told" or last is None:
            return "its lock is gone, and its journal does not say how it ended"
        if self.end == "confirmed":
            return f"confirmed at {last.at}: it stays"
        if self.end == "stood down":
            return f"stood down at {last.at}, before its first step"
        seen = self.checkpoint.log.compared.removeprefix("compared: ")
        compared = f"compared afterwards: {seen}" if seen else "not compared with before yet"
        return f"{self.undone}; {compared}"

    @property
    def undone(self) -> str:
        """By what it was undone, and when; '' if it was not."""
        last = self.checkpoint.log.last
        if last is None or last.state is not State.UNDONE:
            return ""
        return f"undone {TRIGGERS.get(last.by, last.by)} at {last.at}"

    def describe(self) -> tuple[str, ...]:
        """Sentences for an operator: who made the change, how far it came, how it ended."""
        there = self.checkpoint
        last = f"the last one was {there.place.change_id} by {there.operator}"
        head = f"no change is armed; {last}"
        return (head, there.progress, self.outcome, *self._of_guests(), *there.damage)

    def _of_guests(self) -> Iterator[str]:
        """That a guest may still be as changed: only a program that goes into it knows."""
        if not self.to_compare:
            return
        looks = f"`runbook undo {self.host}` looks, and puts them back"
        if self.checkpoint.log.guests_confirm:
            yield f"its guests had begun to keep their part, and may be as changed inside: {looks}"
        elif self.checkpoint.log.compared == journal.UNLIKE:
            yield f"a guest undoes itself by its own timer, if that is still to come: {looks}"


def latest(host: Reader) -> EndedChange | None:
    """The newest change that was ever armed; None on a host that never had one."""
    return next(ended_changes(host), None)


def ended_changes(host: Reader) -> Iterator[EndedChange]:
    """Every change that was ever armed, the newest first; each is read when it is asked for."""
    journals = host.glob(f"{layout.ROOT}/*/journal")
    ids = {path.split("/")[-2] for path in journals} - {layout.ARMED.rpartition("/")[2]}
    for change_id in sorted(ids, reverse=True):
        checkpoint = read_checkpoint(host, Layout(change_id))
        # One that was given up while it was being put in place is no change.
        if checkpoint.log.last or checkpoint.log.begun():
            yield EndedChange(host.name, checkpoint)
