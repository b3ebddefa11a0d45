"""What several notebooks do with their parameters: what was given, which host, what is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from runbook import views
from runbook.common.folders import params_folder
from runbook.params import (
    REQUEST_NAMES,
    ChangeRequest,
    KnownHost,
    ParameterRow,
    as_rows,
    known_host,
)
from runbook.views import Look
from runbook.views.grid import Grid

# How a host is reached. With its name it is what leads another program to the same host.
WAY = ("connect", "destination", "ssh_config", "libvirt_uri")
OF_A_KNOWN_HOST = ("host", *WAY)


def given(values: Mapping[str, object], names: Collection[str]) -> dict[str, object]:
    """What was given of these names; None stands for a value that was not given."""
    return {name: values[name] for name in names if values.get(name) is not None}


def named_host(values: Mapping[str, object]) -> KnownHost:
    """The host that the values name, and the way to it; raises ParameterError."""
    return known_host(params_folder(), given(values, OF_A_KNOWN_HOST))


def show_host(params: KnownHost, names: Collection[str]) -> None:
    """The values of these names, and where each came from."""
    rows = [row for row in as_rows(params) if row.field in names]
    shown = Grid.of(ParameterRow._fields, rows)
    views.show(views.table(shown, Look("The host, and where each value came from")))


def show_request(request: ChangeRequest) -> None:
    """Ticket, reason and the like; nothing where nothing is said."""
    said = given(dict(request), REQUEST_NAMES)
    if said:
        told = [(name.replace("_", " "), value) for name, value in said.items()]
        views.show(views.card(told, "The change request"))
