"""One parameter as a widget: what it offers, and how its value is read.

Text is read as it was typed, without blanks around it, so that what is judged
is what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from ipywidgets import HTML, Combobox, Dropdown, HBox, Layout, Text

from runbook.notebook.widgets.help import HELP
from runbook.notebook.widgets.look import FULL, LABEL, WIDE, WIDER, hint, reason
from runbook.params import Params
from runbook.params.guests import Guest

LISTS, NUMBERS, SWITCHES = ("consent", "nameservers", "probes"), ("deadline_s",), ("stp", "dns")
EXAMPLES = {
    "address": "172.16.1.1/16",
    "gateway": "172.16.0.1",
    "network": "routed",
    "bridge": "virbr1",
    "bridge_mac": "own, nic or a MAC address",
    "nameservers": "e.g. 172.16.0.1, 9.9.9.9",
    "probes": "172.16.0.1, 10.99.0.2:443",
    "consent": "bpdu, docker, … as preflight names them",
    "rules": "a file in params/",
    "router": "destination for ssh to the router",
    "machine_id": "empty: any machine that answers",
}
SUGGESTED: Mapping[str, tuple[str, ...]] = {"bridge_mac": ("own", "nic"), "machine_id": ()}
FIELDS = {**Guest.model_fields, **Params.model_fields}
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")

Option = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter's widget, and the line beside it: what it is for, or what is wrong with it."""

    name: str
    widget: Dropdown | Text
    reason: HTML
    help: str = ""

    @property
    def value(self) -> object:
        """As `Params` wants it: text, bool, a tuple, a number; None for what may be left out."""
        return read(self.name, self.widget.value)

    @property
    def offers(self) -> tuple[Option, ...]:
        """What may be chosen, as (label, value); empty where it is typed."""
        return tuple(self.widget.options) if isinstance(self.widget, Dropdown) else ()

    def fill(self, value: object) -> None:
        """Put another value into it; one that a list lacks is added to the list."""
        if isinstance(self.widget, Dropdown):
            self.widget.options = _with(self.widget.options, value)
            self.widget.value = value
        else:
            self.widget.value = written(value)

    def suggest(self, values: tuple[str, ...]) -> None:
        """Offer these below the field while something is typed, or nothing is there."""
        if isinstance(self.widget, Combobox):
            self.widget.options = values

    def tell(self, message: str) -> None:
        """Say beside it why its value is not right; '' puts what it is for in that place."""
        line = reason(message) or hint(self.help)
        if self.reason.value != line:
            self.reason.value = line
            (self.widget.add_class if message else self.widget.remove_class)("rb-wrong")

    def row(self) -> HBox:
        """The two, side by side."""
        row = HBox([self.widget, self.reason])
        row.add_class("rb-row")
        return row


def field(
    name: str,
    value: object,
    options: Sequence[Option] | None = None,
    words: Mapping[str, str] = HELP,
) -> Field:
    """The widget for a parameter; with `options`, a list of (label, value) to choose from.

    `words` say of each parameter what it is for.
    """
    offered = choices(name) if options is None else list(options)
    chosen = bool(offered) or options is not None
    widget = _listed(name, value, offered) if chosen else _typed(name, value)
    told = words.get(name, "")
    beside = HTML(hint(told), layout=Layout(max_width="min(640px, 100%)"))
    beside.add_class("rb-reason")
    # A screen reader says it with the field.
    widget.tooltip = told
    return Field(name, widget, beside, told)


def read(name: str, value: object) -> object:
    """What a widget holds, as a parameter's value."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name in LISTS:
        return tuple(dict.fromkeys(text.replace(",", " ").split()))
    if not text and name in FIELDS and FIELDS[name].default is None:
        return None
    return int(text) if name in NUMBERS and _NUMBER.fullmatch(text) else text


def written(value: object) -> str:
    """A parameter's value as it is typed, and as it stands in a table."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def choices(name: str) -> list[Option]:
    """The values of a parameter that has only a few."""
    if name in SWITCHES:
        return [("on", True), ("off", False)]
    annotation = FIELDS[name].annotation
    few = get_args(annotation) if get_origin(annotation) is Literal else ()
    return [(str(value), value) for value in few]


def _listed(name: str, value: object, options: list[Option]) -> Dropdown:
    return Dropdown(
        options=_with(options, value),
        value=value,
        description=name,
        style=LABEL,
        # What is told of an interface needs more room than what is typed.
        layout=Layout(width=WIDER if name == "interface" else WIDE, max_width=FULL),
    )


def _typed(name: str, value: object) -> Text:
    return (Combobox if name in SUGGESTED else Text)(
        value=written(value),
        description=name,
        placeholder=EXAMPLES.get(name, ""),
        style=LABEL,
        layout=Layout(width=WIDE, max_width=FULL),
        **({"options": SUGGESTED[name]} if name in SUGGESTED else {}),
    )


def _with(options: Sequence[Option], value: object) -> list[Option]:
    known = list(options)
    if any(offered == value for _, offered in known):
        return known
    return [(f"{written(value)} (not there)" if value else "choose one", value), *known]
