"""What the buttons of an armed change do. Each runs in its own thread, beside the cell at work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace

from runbook import views
from runbook.apply.checkpoint.timer import run_now
from runbook.apply.steps.commands import run as command
from runbook.apply.steps.journal import State
from runbook.common.errors import RolledBack, VerificationFailed
from runbook.guest.deadlines import NotMoved
from runbook.notebook.live.background import in_background
from runbook.notebook.live.watch import ENDS, Watch
from runbook.notebook.shared.ending import in_short, in_words
from runbook.notebook.shared.leave_guests import leave
from runbook.notebook.shared.undoing import keep_verdict, undo
from runbook.notebook.shared.values import ChangeUnderway
from runbook.notebook.widgets.buttons import CONFIRM, MORE, UNDO, Buttons, buttons
from runbook.notebook.widgets.widget_output import MIME
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.extend_deadline import extend
from runbook.run.record import OUTCOME
from runbook.views import LastWord, Picture, Slot, StageMark, note
from runbook.views.timeline import SIGNS

MORE_S = 300
STAYS = "the change was confirmed, so it is not undone"
ELSEWHERE = "JupyterLab shows the panel of the change here: countdown and buttons."
OVER = "The change is over. Run the cells below to finish the record."
BY_HAND = "the button 'undo now' was pressed"


class UndoAsked(RolledBack):
    """A person pressed `undo now`."""


@dataclass(slots=True)
class Panel:
    """The panel of one change: its state, its buttons, and at its end the verdict."""

    change: ChangeUnderway
    watch: Watch
    slot: Slot = field(default_factory=Slot)
    widgets: Buttons = field(init=False)
    over: bool = False

    def __post_init__(self) -> None:
        """Make the panel, and have it shown and drawn with the countdown."""
        self.widgets = buttons(self.press)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widgets.box.model_id}
        self.slot.show_with(note(ELSEWHERE), {MIME: view})
        self.watch.beside.append(self)
        course = self.change.before.run.course
        course.live.append(self)
        course.listeners.append(self.tell)

    def place(self) -> None:
        """Show it in the cell that is at work; it stays in view."""
        self.slot.place()

    def draw(self, clock: Picture) -> None:
        """Show how far the change is, and the countdown."""
        if not self.over:
            self.widgets.draw(self._state(clock))
            self.widgets.allow_confirm(allowed=self._all_made())

    def tell(self, verdict: LastWord) -> None:
        """The change is over: its verdict is one line that unfolds; a bad one is open."""
        self.freeze()
        line = f"{SIGNS[verdict.tone]} {self._subject()}: {verdict.head}"
        self._over(line, views.last_word(verdict), folded=verdict.tone != "bad")

    def _over(self, line: str, below: Picture, *, folded: bool) -> None:
        """In both places: a page that was opened again hears of the widgets only."""
        shown = views.over(line, self._state(below), folded=folded)
        self.widgets.draw(shown)
        self.slot.draw(views.panel(shown))

    def _subject(self) -> str:
        """Who is changed: the host, or of a guest both."""
        plan = self.change.underway.armed.plan
        return plan.host if plan.subject == plan.host else f"{plan.subject} on {plan.host}"

    def _state(self, below: Picture) -> Picture:
        run = self.change.before.run
        head = f"{run.host}: {self.change.underway.armed.plan.promise.move}"
        stages = [(name, self._mark(name, mark)) for name, mark in run.course.from_arming()]
        return views.stack((views.board(stages, head), below))

    def _mark(self, name: str, mark: StageMark) -> StageMark:
        """Of a change that is over no stage is at work, whatever its cell still does."""
        if not self.over or mark != "at work":
            return mark
        kept = self.change.hand.confirmed is not None
        return "done" if kept or name == "record" else "undone"

    def _all_made(self) -> bool:
        hand = self.change.hand
        made = hand.applied is not None and hand.applied.phase == PHASES[-1]
        return made and hand.confirmed is None

    def press(self, name: str) -> None:
        """Do it in the background, and say how it went."""
        does: dict[str, Callable[[], str]] = {
            CONFIRM: self._confirm,
            UNDO: self._undo,
            MORE: self._more,
        }
        self.widgets.say(f"{name}: at work …")
        in_background(lambda: self._tell(name, does[name]), f"runbook-{name}")

    def freeze(self) -> None:
        """The change is over: remove the buttons; the widgets stay."""
        if not self.over:
            self.over = True
            kept = self.change.hand.confirmed is not None
            self.widgets.end()
            below = note(ENDS[State.CONFIRMED], "good") if kept else note(OVER)
            self._over(f"{self._subject()}: the change is over", below, folded=False)

    def _tell(self, name: str, does: Callable[[], str]) -> None:
        try:
            self.widgets.say(f"{name}: {does()}", "good")
        except BlockingIOError:
            self.widgets.say(f"{name}: a cell is at work on the change; wait for its end", "warn")
        except Exception as error:  # noqa: BLE001 - nobody else hears of it in a thread
            self.widgets.say(f"{name}: {in_words(error)}", "bad")

    def _more(self) -> str:
        this, hand = self.change.before.run, self.change.hand
        later = extend(this.session, hand.underway.armed, MORE_S)
        hand.underway = replace(hand.underway, armed=later.armed)
        if later.not_moved:
            raise NotMoved(
                later.in_words,
                host=this.host,
                state="armed; some deadlines were moved and stay so; each guest has its own undo",
                then="confirm before the earliest deadline, or undo now",
            )
        return later.in_words

    def _undo(self) -> str:
        this, hand = self.change.before.run, self.change.hand
        session = this.session
        if hand.confirmed:
            return STAYS
        # At once, whatever cell is at work: its next step finds the way closed.
        with closing(session.connect()) as fresh:
            moment = f"{session.clock.now():%H%M%S%f}-button"
            command(run_now(hand.underway.armed.layout, moment), fresh)
        hand.why = BY_HAND
        with this.folder.alone():
            if hand.confirmed:
                return STAYS
            if this.folder.has(OUTCOME):
                return "the change is over; see the result of the run"
            asked = UndoAsked(
                BY_HAND, host=this.host, state="being undone", then="wait for the end"
            )
            ended = undo(self.change, asked, self.watch.aftermath)
        if not isinstance(ended, RolledBack):
            raise ended
        return "the host is as before, row by row"

    def _confirm(self) -> str:
        this, hand = self.change.before.run, self.change.hand
        with this.folder.alone(wait=False):
            if hand.confirmed:
                return "it was confirmed already"
            if hand.applied is None or hand.applied.phase != PHASES[-1]:
                raise VerificationFailed(
                    "not all steps are made, so the change cannot be confirmed yet",
                    host=this.host,
                    state="armed, and as the cells left it",
                    then="run the remaining phase cells",
                )
            self._stay()
        return "the change stays; run the cells that are left, for the record"

    def _stay(self) -> None:
        this, hand = self.change.before.run, self.change.hand
        page = self.watch.aftermath
        try:
            if hand.verified is None and hand.applied is not None:
                hand.verified = pipeline.verify(this.session, hand.underway, hand.applied)
                keep_verdict(this, hand.verified.verdict, "The verdict: as promised", page)
            if hand.verified is not None:
                confirmed = pipeline.confirm(this.session, hand.verified, hand.hold)
                this.folder.once_json("confirmed.json", {"at": confirmed.at.isoformat()})
                hand.confirmed = confirmed
        except BaseException as error:
            # As in a cell: whatever goes wrong in an armed change undoes it.
            hand.why = in_short(error)
            raise undo(self.change, error, page) from error
        try:
            this.course.end()
        finally:
            # Nobody may come to the cells that would.
            leave(this, this.session.subject, page)
