"""A form for the four values an operator may want to change. It draws and asks; it never acts.

The form is filled in from the parameters and the host. Its values become
parameters only when the notebook's next cell reads them, and that cell prints
them, because a notebook does not keep what a widget held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ipywidgets import Dropdown, Layout, Text, VBox

from runbook.facts import nic_names
from runbook.params import Params
from runbook.promise import rows
from runbook.state.snapshot import Snapshot

STYLE = {"description_width": "110px"}


@dataclass(frozen=True, slots=True)
class Form:
    """The widgets by the names of the parameters that they fill."""

    fields: Mapping[str, Dropdown | Text]

    def values(self) -> dict[str, str]:
        """What stands in the form now."""
        return {name: str(field.value).strip() for name, field in self.fields.items()}

    def box(self) -> VBox:
        """The form as one thing to display."""
        return VBox(list(self.fields.values()))


def form(params: Params, seen: Snapshot) -> Form:
    """The form; choosing another interface fills in the address that it holds."""
    names = nic_names(seen)
    options = names if params.interface in names else (params.interface, *names)
    fields: dict[str, Dropdown | Text] = {
        "interface": Dropdown(
            options=[(_told(seen, name), name) for name in options],
            value=params.interface,
            description="interface",
            style=STYLE,
            layout=Layout(width="520px"),
        ),
        "address": _text("address", params.address),
        "gateway": _text("gateway", params.gateway),
        "bridge": _text("bridge", params.bridge),
    }

    def fill_in(change: Mapping[str, object]) -> None:
        held = _held(seen, str(change["new"]))
        fields["address"].value = held[0] if held else ""

    fields["interface"].observe(fill_in, names="value")
    return Form(fields)


def _text(name: str, value: str) -> Text:
    return Text(value=value, description=name, style=STYLE, layout=Layout(width="520px"))


def _told(seen: Snapshot, name: str) -> str:
    if not rows(seen.links, ifname=name):
        return f"{name} (not on {seen.host})"
    return f"{name}: {' '.join(_held(seen, name)) or 'no IPv4 address'}"


def _held(seen: Snapshot, name: str) -> list[str]:
    found = rows(seen.addresses, ifname=name, family="inet")
    return [f"{row['address']}/{row['prefixlen']}" for row in found]
