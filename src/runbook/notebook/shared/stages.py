"""How a notebook's run goes: which stage is where, and what of it is still on the screen.

The one thing of a run that changes. It tells; what was made is told by the journal
on the host and by the run folder.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from runbook import views
from runbook.common.errors import MendHost
from runbook.notebook.shared.change_so_far import SharedChange
from runbook.notebook.shared.first_page import FirstPage
from runbook.records.card import Progress, State
from runbook.run.pipeline import STAGES as ORDER
from runbook.views import LastWord, Slot, StageMark

BEGIN, END = ("parameters", "host"), ("after", "record")
# A host has nothing inside that is looked at. Guests have no form, and a network already.
OF_A_HOST = (*BEGIN, "values", *(name for name in ORDER if name != "inside"), *END)
# A revert has no form: the record says what is taken back.
OF_A_REVERT = (*BEGIN, *(name for name in ORDER if name not in ("inside", "network")), *END)
OF_GUESTS = (*BEGIN, *(name for name in ORDER if name != "network"), *END)
TITLES = {
    "host": "the host",
    "before": "state before",
    "inside": "inside the guests",
    "arm": "undo armed",
    "after": "state after",
}
CAPTION = "This run"
# What an undo takes back; that the undo was armed stays so.
UNDONE = ORDER[ORDER.index("arm") + 1 :]


class NotNow(MendHost):
    """A cell was run when it had nothing to do: it did nothing."""


class RunAgain(NotNow):
    """A cell before this one has a result of other values."""


class Frozen(Protocol):
    """Something that a person could use, and that becomes a picture when the run is over."""

    def freeze(self) -> None:
        """Show the last values as a picture, for good."""


def _nobody_entered() -> None:
    """Leave nobody."""


def _nothing_begun(why: str) -> None:
    """There is no record yet, and nothing armed."""
    del why


@dataclass(slots=True)
class AtWork:
    """A stage at work, and what it comes to if it ends well."""

    comes_to: StageMark = "done"


@dataclass(slots=True)
class RunProgress:
    """The stages and their marks, on one output that every cell may show."""

    marks: dict[str, StageMark] = field(default_factory=lambda: dict.fromkeys(OF_A_HOST, "to come"))
    slot: Slot = field(default_factory=Slot)
    first: FirstPage = field(default_factory=FirstPage)
    live: list[Frozen] = field(default_factory=list)
    # Each hears the verdict when the run has ended.
    listeners: list[Callable[[LastWord], None]] = field(default_factory=list)
    hand: SharedChange | None = None
    # What a person chose in the form that was settled last.
    chosen: Mapping[str, object] = field(default_factory=dict)
    # Whatever goes wrong in a cell, no guest stays entered.
    leave_guests: Callable[[], None] = _nobody_entered
    # Ends the run between two cells: an armed change is undone. Raises what it came to.
    stop: Callable[[str], None] = _nothing_begun

    def mark(self, stage: str, mark: StageMark) -> None:
        """Set one mark, and draw."""
        self.marks[stage] = mark
        self._draw()

    def again_from(self, stage: str) -> None:
        """What was done from this stage on has to be run again."""
        names = list(self.marks)
        for name in names[names.index(stage) : names.index("arm")]:
            if self.marks[name] in ("done", "failed", "left out"):
                self.marks[name] = "again"
        self._draw()

    @contextmanager
    def at(self, stage: str, *, passes: bool = False) -> Iterator[AtWork]:
        """A stage at work; done if it ends well, and as it was where it was not its turn.

        With `passes` the run has ended before, so there is no work to be shown.
        Raises RunAgain if a stage before it has to be run again.
        """
        before, work = self.marks[stage], AtWork()
        self._need_no_other(stage)
        if not passes:
            self.mark(stage, "at work")
        try:
            yield work
        except BaseException as error:
            self.mark(stage, before if isinstance(error, NotNow) else "failed")
            self.leave_guests()
            raise
        self.mark(stage, work.comes_to)

    def _need_no_other(self, stage: str) -> None:
        names = list(self.marks)
        earlier = names[: names.index(stage)]
        for name in earlier:
            if self.marks[name] == "again":
                raise RunAgain(
                    f"the form was opened again, so the cell of `{name}` has to be run again"
                    f" before that of `{stage}`",
                    state="as it was: this cell did nothing",
                    then=f"settle the form, then run the cells from `{name}` on, in their order",
                )

    def place(self) -> None:
        """Show it in the cell that is at work."""
        self._draw()
        self.first.place()
        self.slot.place()

    def end(self) -> None:
        """The run is over: nobody looks on, and nothing can be used any more."""
        if self.hand:
            self.hand.watcher.end()
        self.freeze()

    def leave(self) -> None:
        """The notebook is run from the top again: another course goes on with the change."""
        if self.hand:
            self.hand.watcher.leave()
        self.freeze()

    def undone(self) -> None:
        """What was made of the change is made no more."""
        for name in UNDONE:
            if self.marks.get(name) == "done":
                self.marks[name] = "undone"
        for name, mark in self.marks.items():
            if mark == "to come":
                self.marks[name] = "done" if name == "record" else "left out"
        self._draw()

    def freeze(self) -> None:
        """What a person could use becomes a picture of its last values."""
        while self.live:
            self.live.pop().freeze()

    def tell(self, verdict: LastWord) -> None:
        """The run has ended: show its verdict wherever somebody looks on."""
        for listener in self.listeners:
            listener(verdict)

    def from_arming(self) -> list[tuple[str, StageMark]]:
        """The stages of the armed change, with their marks."""
        names = list(self.marks)
        return self._shown(names[names.index("arm") :])

    def _shown(self, names: Iterable[str]) -> list[tuple[str, StageMark]]:
        return [(TITLES.get(name, name), self.marks[name]) for name in names]

    def _draw(self) -> None:
        self.slot.draw(views.board(self._shown(self.marks), CAPTION))
        self.first.go_on(self._progress)

    def _progress(self) -> Progress:
        """How far the run is, as its first page tells."""
        working = [name for name, mark in self._shown(self.marks) if mark == "at work"]
        done = [name for name, mark in self._shown(self.marks) if mark == "done"]
        after = f"after {done[-1]}" if done else "begun"
        # A stage has the name of what it comes to, and that is not so yet.
        stage = f"{working[0]}, not done yet" if working else after
        if (hand := self.hand) is None:
            return Progress("in progress", stage, datetime.now(UTC))
        now = hand.session.clock.now()
        state: State = "confirmed" if hand.confirmed else "armed"
        armed = hand.underway.armed
        adopts = bool(getattr(armed.plan.promise, "adopted", ""))
        return Progress(state, stage, now, armed.deadline, adopts)


def of_guests() -> RunProgress:
    """The course of a change of guests."""
    return RunProgress(dict.fromkeys(OF_GUESTS, "to come"))


def of_revert() -> RunProgress:
    """The course of a revert."""
    return RunProgress(dict.fromkeys(OF_A_REVERT, "to come"))


class HasCourse(Protocol):
    """A value that one cell hands to the next."""

    @property
    def course(self) -> RunProgress:
        """The course of the run that it belongs to."""


Given = TypeVar("Given", bound=HasCourse)
Result = TypeVar("Result")
Others = ParamSpec("Others")
Call = Callable[Concatenate[Given, Others], Result]


def _has_ended(value: object) -> bool:
    """Whether the run has ended without this stage."""
    return getattr(value, "ending", None) is not None


def stage(name: str = "") -> Callable[[Call[Given, Others, Result]], Call[Given, Others, Result]]:
    """Mark the stage while the call is at work; without a name, its first other argument is it."""

    def wrap(call: Call[Given, Others, Result]) -> Call[Given, Others, Result]:
        @functools.wraps(call)
        def marked(given: Given, *others: Others.args, **named: Others.kwargs) -> Result:
            which = name or str(others[0])
            course = given.course
            with course.at(which, passes=_has_ended(given)) as work:
                result = call(given, *others, **named)
                if _has_ended(result):
                    work.comes_to = "left out"
            return result

        return marked  # type: ignore[return-value]  # for mypy the parameter's name is part of it

    return wrap
