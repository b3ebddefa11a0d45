"""The cell that shows two states of a host side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from ipywidgets import Dropdown, Layout, VBox

from runbook import views
from runbook.common.errors import CorrectParameters
from runbook.common.moments import utc
from runbook.notebook.history.look import NOW, HostHistory, address_of
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.next_steps import show_links
from runbook.notebook.widgets.look import FULL, LABEL, WIDER, sheet
from runbook.state.diff import COLUMNS
from runbook.state.diff import compare as differences
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as
from runbook.views import Picture, Slot

AFTER = ("after", "found", "survey", "before")


@dataclass(frozen=True, slots=True)
class ShownState:
    """A state that may be shown: what it is called, and how it is read."""

    label: str
    load: Callable[[], Snapshot]


@dataclass(frozen=True, slots=True, repr=False)
class ComparedStates(CellValue):
    """Two states of a host; None if there are not two."""

    history: HostHistory
    first: Snapshot | None
    second: Snapshot | None

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host."""
        return (("host", self.history.request.params.host),)

    @FrameProperty
    def differences(self) -> pd.DataFrame:
        """One row a difference: change, table, key, column, before, after."""
        if not (self.first and self.second):
            return pd.DataFrame(columns=COLUMNS)
        return differences(self.first, named_as(self.first, self.second)).rows


def compare(history: HostHistory) -> ComparedStates:
    """Show two states, by the parameters `first` and `second`, otherwise the last two.

    Where somebody is there, any two can be chosen. Raises CorrectParameters for a state that is
    not on record.
    """
    offered = _offered(history)
    if len(offered) < 2:  # noqa: PLR2004 - a pair
        views.show(views.note(f"Two states are needed; on record: {len(offered)}."))
        return ComparedStates(history, None, None)
    request, slot = history.request, Slot()
    first = _found(offered, request.first) if request.first else len(offered) - 2
    second = _found(offered, request.second) if request.second else len(offered) - 1
    address = address_of(history)

    def draw(one: int, other: int) -> tuple[Snapshot, Snapshot]:
        pair = offered[one], offered[other]
        before, after = (state.load() for state in pair)
        after = named_as(before, after)
        slot.draw(*_pictures(pair, (before, after), address))
        return before, after

    loaded = draw(first, second)
    if somebody_there():
        views.show(_choice(offered, (first, second), draw, slot))
    slot.place()
    show_links(request.params.host, "audit")
    return ComparedStates(history, *loaded)


def _offered(history: HostHistory) -> list[ShownState]:
    """Every state, the oldest first."""
    found = [ShownState(state.label, state.load) for state in history.states_on_record]
    if (now := history.now) is not None:
        found.append(ShownState(NOW, lambda: now))
    return found


def _found(offered: Sequence[ShownState], asked: str) -> int:
    """Which state CHANGE/name is; CHANGE alone is the last state that its run has read."""
    change, _, name = asked.rpartition("/") if "/" in asked else (asked, "", "")
    for wanted in (name,) if name else (NOW, *AFTER):
        for number, state in enumerate(offered):
            own, _, called = state.label.rpartition("/")
            if called == wanted and (state.label == asked or (change and own.startswith(change))):
                return number
    labels = ", ".join(state.label for state in offered[-5:])
    raise CorrectParameters(
        f"no state on record is called {asked!r}",
        state="nothing was written",
        then=f"write CHANGE or CHANGE/before; `history.states` lists all, the last are: {labels}",
    )


def _pictures(
    pair: tuple[ShownState, ShownState], states: tuple[Snapshot, Snapshot], address: str
) -> tuple[Picture, ...]:
    before, after = states
    told = [
        f"{state.label}, read at {utc(s.taken_at)}" for state, s in zip(pair, states, strict=True)
    ]
    head = views.card(list(zip(("first", "second"), told, strict=True)), "Two states")
    return head, views.wiring(after, address, before), views.side_by_side(before, after, "")


def _choice(
    offered: Sequence[ShownState],
    chosen: tuple[int, int],
    draw: Callable[[int, int], object],
    slot: Slot,
) -> VBox:
    """Two lists; the pictures follow them at once."""
    options = [(state.label, number) for number, state in enumerate(offered)]
    lists = [
        Dropdown(
            options=options,
            value=value,
            description=name,
            style=LABEL,
            layout=Layout(width=WIDER, max_width=FULL),
        )
        for name, value in zip(("first", "second"), chosen, strict=True)
    ]

    def follow(_: object) -> None:
        try:
            draw(*(one.value for one in lists))
        except CorrectParameters as error:
            slot.draw(views.note(f"{error.what}; {error.then}", "bad"))

    for one in lists:
        one.observe(follow, names="value")
    box = VBox([sheet(), *lists])
    box.add_class("rb-form")
    return box
