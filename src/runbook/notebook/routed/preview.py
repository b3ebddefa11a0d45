"""What the values in the form would come to: plan, findings and wiring, drawn while they are typed.

It reads the host and writes nothing, neither there nor in the record. The cells
below do the same once more, and only what they do counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from runbook import views
from runbook.common.errors import ParameterError, RunbookError
from runbook.common.folders import params_folder
from runbook.notebook.live.after_typing import AfterTyping
from runbook.notebook.shared.ending import in_words
from runbook.notebook.shared.values import ConnectedHost
from runbook.notebook.widgets import ConsentsBelow, Form
from runbook.params import Params, faults_for_host, for_host
from runbook.plan.forecast.wiring import wired
from runbook.plan.plan import Plan
from runbook.preflight import Finding
from runbook.run import pipeline
from runbook.run.subject import Observation, UnjudgedPlan
from runbook.state.host.operator_connection import Connection
from runbook.views import Picture, Slot

MEND = "Correct the marked fields. Then plan, findings and wiring appear here."
SETTLED = (
    "The form is settled, and its values are in the cell below. To change one, run this cell again."
)
NOT_SETTLED = "The form was not settled: nothing was made with these values."
NOTHING = "Nothing to do: the host is as promised already."
# Fields that the drawing takes from the host, and not from the form.
NOT_DRAWN = ("address",)


@dataclass(slots=True)
class Preview:
    """The form, the risks to be consented to, and what both come to.

    `filled` are the values that it began with.
    """

    met: ConnectedHost
    form: Form
    own: Connection | None
    filled: Params
    slot: Slot = field(default_factory=Slot)
    consents: ConsentsBelow = field(init=False)
    typing: AfterTyping = field(init=False)
    # The thread that draws must not draw over a form that was settled meanwhile.
    drawing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Nothing is shown yet."""
        self.typing = AfterTyping(self.redraw, self.met.session.clock)
        self.consents = ConsentsBelow(self.form, self.filled.consent, self.typing.again)

    def show(self) -> None:
        """Judge and draw, now and at each change."""
        self.form.check(self.judge)
        self.form.on_change(self.typing.again)
        self.form.show()
        self.slot.place()
        self.typing.begin()

    def judge(self, values: Mapping[str, object]) -> tuple[ParameterError, ...]:
        """All that is wrong with the values, each by itself, together, and on this host."""
        found = faults_for_host(params_folder(), self.met.asked.injected, self._chosen(values))
        if found:
            return found
        try:
            self._plan(self._params(values))
        except ParameterError as error:
            return (error,)
        except RunbookError:
            # No field is wrong; it is drawn among the findings.
            return ()
        return ()

    def chosen(self) -> dict[str, object]:
        """The values that a person changed, consents among them."""
        return self._chosen(self.form.values())

    def settle(self, params: Params) -> None:
        """The form stands still: in its place a line, and the drawing of these values."""
        self._end(views.note(SETTLED, "good"), lambda: self._settled(params))

    def freeze(self) -> None:
        """The run is over, or the form is asked for anew: nothing comes of these values."""
        self._end(self.form.static(), lambda: (views.note(NOT_SETTLED, "warn"),))

    def _end(self, in_place: Picture, below: Callable[[], tuple[Picture, ...]]) -> None:
        with self.drawing:
            if self.typing.over:
                return
            self.typing.end()
            self.form.freeze(in_place)
            self.slot.draw(*below())

    def _settled(self, params: Params) -> tuple[Picture, ...]:
        try:
            drawn = self._plan(params).plan
        except RunbookError as error:
            return (views.note(str(error), "bad"),)
        if drawn.empty:
            return (views.note(NOTHING, "good"),)
        return (self._wired(drawn, params),)

    def _chosen(self, values: Mapping[str, object]) -> dict[str, object]:
        params = self.met.asked.params
        filled = {**values, "consent": self.consents.values()}
        return {name: value for name, value in filled.items() if value != getattr(params, name)}

    def _params(self, values: Mapping[str, object]) -> Params:
        return for_host(params_folder(), self.met.asked.injected, self._chosen(values))

    def _plan(self, params: Params) -> UnjudgedPlan:
        session = replace(self.met.session, params=params)
        return pipeline.plan(session, self.met.glance, Observation(self.own))

    def redraw(self) -> None:
        """Draw what the values come to now; nothing where the form stands still."""
        if self.form.told:
            self._show(views.note(MEND, "warn"))
            return
        self._show(views.note("Working out the plan …"))
        try:
            self._show(*self._pictures(self._params(self.form.values())))
        except Exception as error:  # noqa: BLE001 - nobody else hears of it in a thread
            self._show(views.note(in_words(error), "bad"))

    def _show(self, *pictures: Picture) -> None:
        with self.drawing:
            if not self.typing.over:
                self.slot.draw(*pictures)

    def _pictures(self, params: Params) -> tuple[Picture, ...]:
        session, seen = replace(self.met.session, params=params), self.met.glance
        draft = self._plan(params)
        drawn = draft.plan
        if drawn.empty:
            return (views.note(NOTHING, "good"),)
        plan = views.fold(f"Plan: {views.plan_in_words(drawn, seen)}", views.plan(drawn, seen))
        try:
            found = pipeline.findings(session, draft, seen)
        except RunbookError as error:
            # What the values come to is drawn all the same.
            return (self._wired(drawn, params), views.note(str(error), "bad"), plan)
        with self.drawing:
            if not self.typing.over:
                self.consents.ask(found)
                self.form.mark(_marks(found))
        return (self._wired(drawn, params), *_not_drawn(found), views.findings(found), plan)

    def _wired(self, drawn_plan: Plan, params: Params) -> Picture:
        seen = self.met.glance
        return views.wiring(wired(drawn_plan.of_host, seen), params.address, seen)


def _marks(found: Iterable[Finding]) -> dict[str, str]:
    """What the host has against the value of a field, by field."""
    against = [f for f in found if f.field and f.level == "block"]
    return {f.field: f"{f.about}: {f.seen}; {f.then}" for f in reversed(against)}


def _not_drawn(found: Iterable[Finding]) -> Iterator[Picture]:
    """A drawing that does not follow the form says so."""
    for name in NOT_DRAWN:
        if name in _marks(found):
            yield views.note(f"The drawing shows the host's own {name}, not the form's.", "warn")
