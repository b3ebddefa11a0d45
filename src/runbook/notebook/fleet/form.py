"""Asks in JupyterLab which notebook is to run on which hosts; the cell waits for *Continue*."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pandas as pd
from ipywidgets import Dropdown, Layout, Text, Widget

from runbook.common.errors import RunbookError
from runbook.fleet.context import FleetContext
from runbook.fleet.ledger import Ledger
from runbook.fleet.run import FOLDER
from runbook.notebook.desk.sources import notebooks
from runbook.notebook.widgets.look import FULL, LABEL, WIDER
from runbook.notebook.widgets.question import wait_for
from runbook.views import Look, Picture, note, table

# Those that make no sense for many hosts.
_ALONE = ("desk.ipynb", "fleet.ipynb", "survey.ipynb", "undo.ipynb")
_USUAL = "routed.ipynb"
_NEW = "a new run"
_NUMBERS = ("canary", "max_failures", "pause_s")
# Name, what stands in it at first, what it is an example of.
_TEXTS = (
    ("hosts", "", "names or patterns: server-* web-01"),
    ("canary", "1", "so many hosts are changed first"),
    ("batch", "4", "then so many at once: 4, or 10%"),
    ("max_failures", "0", "more than these stop the run"),
    ("pause_s", "0", "seconds after each batch, before an audit; 0: no audit"),
    ("window", "", "2026-12-01T22:00+01:00/2026-12-01T23:30+01:00"),
)
# Raises RunbookError for what cannot be run.
Judge = Callable[[Mapping[str, object]], object]


@dataclass(slots=True)
class FleetForm:
    """Its fields; a run that is gone on with has its own hosts and batches."""

    desk: FleetContext
    judge: Judge
    fields: dict[str, Widget] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the fields."""
        named = sorted(path.name for path in notebooks().glob("*.ipynb"))
        offered = [name for name in named if name not in _ALONE]
        runs = [(_NEW, ""), *unfinished(self.desk)]
        self.fields = {
            "resume": _listed("run", runs, ""),
            "notebook": _listed("notebook", [(name, name) for name in offered], _USUAL),
            **{name: _typed(name, value, hint) for name, value, hint in _TEXTS},
        }

    def values(self) -> dict[str, object]:
        """What stands in the fields, as parameters."""
        typed = {name: str(one.value or "").strip() for name, one in self.fields.items()}
        if typed["resume"]:
            return {"resume": typed["resume"]}
        numbers = {n: int(typed[n]) if typed[n].isdecimal() else typed[n] for n in _NUMBERS}
        return {name: value for name, value in {**typed, **numbers}.items() if value != ""}

    def fault(self) -> str:
        """Why this cannot be run; '' if it can."""
        try:
            self.judge(self.values())
        except RunbookError as error:
            return f"{error.what}; {error.then}"
        return ""

    def settled(self, chosen: bool) -> Picture:  # noqa: FBT001 - an answer, not a switch
        """What was chosen."""
        if not chosen:
            return note("No hosts were chosen here.")
        rows = pd.DataFrame(list(self.values().items()), columns=["parameter", "value"])
        return table(rows, Look("Chosen here", limit=len(rows), unit=""))


def asked(desk: FleetContext, judge: Judge) -> dict[str, object]:
    """The parameters that a person chose; empty if nobody did, or nobody could."""
    made = FleetForm(desk, judge)
    fields = list(made.fields.values())
    return made.values() if wait_for(fields, made.fault, made.settled, desk.clock) else {}


def unfinished(desk: FleetContext) -> Iterator[tuple[str, str]]:
    """Runs that have hosts left, the newest first, as (label, name)."""
    for folder in sorted((desk.outputs / FOLDER).glob("[0-9]*Z"), reverse=True):
        with suppress(RunbookError):
            state = Ledger(folder).read()
            done = sum(state.is_settled(host) for host in state.plan.hosts)
            if state.begun and done < len(state.plan.hosts):
                label = f"go on with {folder.name}: {done} of {len(state.plan.hosts)} hosts done"
                yield label, folder.name


def _listed(name: str, options: list[tuple[str, str]], value: str) -> Dropdown:
    layout = Layout(width=WIDER, max_width=FULL)
    return Dropdown(options=options, value=value, description=name, style=LABEL, layout=layout)


def _typed(name: str, value: str, hint: str) -> Text:
    layout = Layout(width=WIDER, max_width=FULL)
    return Text(value=value, description=name, placeholder=hint, style=LABEL, layout=layout)
