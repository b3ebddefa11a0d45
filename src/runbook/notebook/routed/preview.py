"""What the values in the form would come to: plan, findings and wiring, drawn while they are typed.

It reads the host and writes nothing, neither there nor in the record. The cells
below do the same once more, and only what they do counts.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from runbook import views
from runbook.common.errors import ParameterError, RunbookError
from runbook.common.folders import params_folder
from runbook.notebook.live.background import in_background
from runbook.notebook.shared.values import ConnectedHost
from runbook.notebook.widgets import Consents, Form, consents
from runbook.params import Params, faults_for_host, for_host
from runbook.plan.forecast.wiring import wired
from runbook.preflight import Finding
from runbook.run import pipeline
from runbook.run.subject import Observation, UnjudgedPlan
from runbook.state.host.operator_connection import Connection
from runbook.views import Picture, Slot

# A person types faster than a plan is drawn.
PAUSE_S = 0.4
MEND = "Correct the marked fields. Then plan, findings and wiring appear here."


@dataclass(slots=True)
class Preview:
    """The form, the risks to be consented to, and what both come to."""

    met: ConnectedHost
    form: Form
    own: Connection | None
    slot: Slot = field(default_factory=Slot)
    asked: Consents = field(default_factory=lambda: consents(()))
    changed: threading.Event = field(default_factory=threading.Event)
    over: bool = False

    def show(self) -> None:
        """Judge and draw, now and at each change."""
        self.form.check(self.judge)
        self.form.on_change(self.again)
        self.form.show()
        self.slot.place()
        self.changed.set()
        in_background(self._work, "runbook-preview")

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

    def again(self) -> None:
        """Something was changed: what was made of the values before does not hold any more."""
        if self.met.course.marks["values"] == "done":
            self.met.course.again_from("values")
        self.changed.set()

    def freeze(self) -> None:
        """The form is over; its last values stand in its place."""
        self.over = True
        self.changed.set()
        told = self.asked.static()
        self.form.freeze()
        if self.asked.risks:
            self.slot.show(told)

    def _chosen(self, values: Mapping[str, object]) -> dict[str, object]:
        params = self.met.asked.params
        kept = [name for name in params.consent if name not in self.asked.boxes]
        filled = {**values, "consent": (*kept, *self.asked.values())}
        return {name: value for name, value in filled.items() if value != getattr(params, name)}

    def _params(self, values: Mapping[str, object]) -> Params:
        return for_host(params_folder(), self.met.asked.injected, self._chosen(values))

    def _plan(self, params: Params) -> UnjudgedPlan:
        session = replace(self.met.session, params=params)
        return pipeline.plan(session, self.met.glance, Observation(self.own))

    def _work(self) -> None:
        while self.changed.wait():
            if self.over:
                return
            self.met.session.clock.sleep(PAUSE_S)
            self.changed.clear()
            self._draw()

    def _draw(self) -> None:
        if self.form.told:
            self.slot.draw(views.note(MEND, "warn"))
            return
        self.slot.draw(views.note("Computing the plan …"))
        try:
            self.slot.draw(*self._pictures(self._params(self.form.values())))
        except RunbookError as error:
            self.slot.draw(views.note(str(error), "bad"))
        except Exception as error:  # noqa: BLE001 - nobody else hears of it in a thread
            self.slot.draw(views.note(f"{type(error).__name__}: {error}", "bad"))

    def _pictures(self, params: Params) -> tuple[Picture, ...]:
        session, seen = replace(self.met.session, params=params), self.met.glance
        draft = self._plan(params)
        drawn = draft.plan
        if drawn.empty:
            return (views.note("Nothing to do: the host is as promised already.", "good"),)
        found = pipeline.findings(session, draft, seen)
        self._ask(found, params)
        after = wired(drawn.of_host, seen)
        plan = views.plan(drawn, seen)
        return (
            views.wiring(after, params.address, seen),
            views.findings(found),
            views.fold(f"Plan: {views.plan_in_words(drawn, seen)}", plan),
        )

    def _ask(self, found: tuple[Finding, ...], params: Params) -> None:
        """A box a risk; made anew only where other risks are found, so that none loses its tick."""
        risks = [(f.name, f.seen, f.why) for f in found if f.level == "consent"]
        if {name for name, _, _ in risks} == set(self.asked.boxes):
            return
        ticked = (*params.consent, *self.asked.values())
        self.asked = consents(risks, ticked)
        self.asked.on_change(self.again)
        self.form.put_below([self.asked.box()] if risks else [])
