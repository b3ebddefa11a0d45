"""A form of parameters, each with the reason beside it while its value is not right.

Values are judged as they are typed. What judges them is handed in: the form
knows of no rule. Its values become parameters only when a cell reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from ipywidgets import HTML, Layout, VBox, Widget

from runbook.common.errors import ParameterError
from runbook.common.later import pd
from runbook.notebook.widgets import look
from runbook.notebook.widgets.field import Field, Option, field, written
from runbook.notebook.widgets.widget_output import WidgetOnPage, show_widget
from runbook.params import Params
from runbook.preflight.survey.nics import Candidate, brought, nics
from runbook.state.snapshot import Snapshot
from runbook.views import Look, Picture, interfaces, table
from runbook.views.page.picture import plain

Values = Mapping[str, object]
# What is wrong with some values, the most important first.
Judge = Callable[[Values], Iterable[ParameterError]]
# The name and the new value of a field -> the values that come along.
Follow = Callable[[str, object], Values]
CAPTION = "The interfaces of this host"


class Form:
    """Fields by the names of the parameters that they fill."""

    def __init__(
        self, fields: Mapping[str, Field], follow: Follow | None = None, below: str = ""
    ) -> None:
        """Draw nothing yet.

        `follow` says which other values a new one brings along; `below` is HTML
        to stand under the fields.
        """
        self.fields = fields
        self._follow = follow
        self._rest = HTML()
        self._rest.add_class("rb-reason")
        self._box = self._drawn(below)
        self._own = tuple(self._box.children)
        self._below: tuple[Widget, ...] = ()
        self._last: tuple[Widget, ...] = ()
        self._judge: Judge | None = None
        self._told: dict[str, str] = {}
        self._marks: Values = {}
        self._callbacks: list[Callable[[], None]] = []
        self._filling = False
        self._shown: WidgetOnPage | None = None
        for one in fields.values():
            one.widget.observe(partial(self._changed, one), names="value")

    def values(self) -> dict[str, object]:
        """What stands in the form now, as parameters."""
        return {name: one.value for name, one in self.fields.items()}

    def fill(self, values: Values) -> None:
        """Put other values in, as one change."""
        self._fill(values)
        self._tell_all()

    def check(self, judge: Judge) -> None:
        """Judge the values now and at each change, and say beside each field what is wrong."""
        self._judge = judge
        self._judged()

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call this after each change, and after it was judged."""
        self._callbacks.append(callback)

    def tell(self, name: str, message: str) -> None:
        """Say beside a field why its value is not right; '' takes that away.

        What is about no field of this form is said below all of them.
        """
        self._told = {k: v for k, v in {**self._told, name: message}.items() if v}
        if name in self.fields:
            self.fields[name].tell(message)
        rest = [f"{k}: {v}" if k else v for k, v in self._told.items() if k not in self.fields]
        self._rest.value = look.reason("\n".join(rest))

    def mark(self, messages: Mapping[str, str]) -> None:
        """Say beside fields what the host has against their values, until one is changed."""
        self._marks = dict(messages)
        for name, one in self.fields.items():
            if name not in self._told:
                one.tell(messages.get(name, ""))

    @property
    def told(self) -> Mapping[str, str]:
        """What is said to be wrong now, by field; empty where all is right."""
        return dict(self._told)

    @property
    def marked(self) -> bool:
        """Whether a field has a mark: its value is wrong, or the host has something against it."""
        return bool(self._told or self._marks)

    def box(self) -> VBox:
        """The form as one thing to display."""
        return self._box

    def put_below(self, widgets: Sequence[Widget]) -> None:
        """Show these below the fields, instead of what was put there before."""
        self._below = tuple(widgets)
        self._box.children = (*self._own, *self._below, *self._last)

    def put_last(self, widgets: Sequence[Widget]) -> None:
        """Show these below all else, instead of what was put there before."""
        self._last = tuple(widgets)
        self.put_below(self._below)

    def static(self) -> Picture:
        """The values as they are now, and what is wrong with them, without widgets."""
        beside = {**self._marks, **self._told}
        rows = [
            (name, written(one.value), f"✗ {said}" if (said := beside.get(name)) else "")
            for name, one in self.fields.items()
        ]
        rest = [(k or "(all)", "", f"✗ {v}") for k, v in self._told.items() if k not in self.fields]
        found = pd.DataFrame([*rows, *rest], columns=["field", "value", "not right, because"])
        empty = ["not right, because"] if not beside else []
        return table(found.drop(columns=empty), Look("The form", limit=len(found), unit="value"))

    def show(self) -> None:
        """Put it on the page."""
        self._shown = show_widget(self._box, self.static())

    def freeze(self, picture: Picture | None = None) -> None:
        """Put the picture in its place, or the values as they are now; the form is over."""
        if self._shown:
            self._shown.freeze(picture or self.static())
            self._shown = None

    def _drawn(self, below: str) -> VBox:
        rows = [one.row() for one in self.fields.values()]
        box = VBox([look.sheet(), *rows, self._rest, HTML(below)], layout=Layout(width=look.FULL))
        box.add_class("rb-form")
        return box

    def _changed(self, field: Field, _: object) -> None:
        if self._filling:
            return
        if self._follow:
            self._fill(self._follow(field.name, field.value))
        self._tell_all()

    def _fill(self, values: Values) -> None:
        self._filling = True
        try:
            for name in self.fields.keys() & values.keys():
                self.fields[name].fill(values[name])
        finally:
            self._filling = False

    def _tell_all(self) -> None:
        self._judged()
        for callback in self._callbacks:
            callback()

    def _judged(self) -> None:
        self._marks = {}
        if self._judge is None:
            return
        found: dict[str, str] = {}
        for error in self._judge(self.values()):
            found.setdefault(error.field, f"{error.problem}; {error.then}")
        for name in {**self.fields, **self._told, **found}:
            self.tell(name, found.get(name, ""))


def form(
    names: Sequence[str],
    values: Params | Values,
    seen: Snapshot | None = None,
    candidates: Sequence[Candidate] | None = None,
) -> Form:
    """The form for some parameters, filled with values.

    With a snapshot the interface is chosen from those of the host, and choosing
    another brings along what it holds; `found` is `survey.nics.nics` of it,
    where that is known better than from the snapshot alone.
    """
    given = values.model_dump() if isinstance(values, Params) else values
    candidates = nics(seen) if candidates is None and seen is not None else candidates
    fields = {
        name: field(name, given.get(name), _interfaces(candidates) if name == "interface" else None)
        for name in names
    }
    if seen is not None and "machine_id" in fields:
        fields["machine_id"].suggest((seen.identity.machine_id,))
    if candidates is None or seen is None or "interface" not in names:
        return Form(fields)
    below = interfaces(candidates, CAPTION)
    return Form(fields, partial(_brings, seen), below.html())


def _brings(snapshot: Snapshot, name: str, value: object) -> Values:
    """Choosing an interface brings along what it holds."""
    return brought(snapshot, str(value)) if name == "interface" else {}


def _interfaces(candidates: Sequence[Candidate] | None) -> list[Option] | None:
    if candidates is None:
        return None
    return [(_label(row), row.interface) for row in candidates]


def _label(row: Candidate) -> str:
    here = "this connection" if row.this_connection else ""
    said = [row.addresses or "no IPv4 address", here, row.carrier, row.driver, row.speed]
    return plain(f"{row.interface}: {', '.join(word for word in said if word)}")
