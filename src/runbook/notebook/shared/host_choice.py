"""Asks a person which host is meant, where a notebook's parameters name none."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from IPython.core.error import StdinNotImplementedError

from runbook.common.clock import SystemClock
from runbook.common.errors import ParameterError
from runbook.common.folders import params_folder
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.approval import Ask
from runbook.params import Described, listing
from runbook.params.resolve import host_name
from runbook.views import Picture, note

if TYPE_CHECKING:
    from ipywidgets import Combobox, Dropdown

NOTHING = "choose a host"


def with_host(
    namespace: Mapping[str, object], *, free: bool = False, ask: Ask | None = None
) -> Mapping[str, object]:
    """The notebook's names, with the host that a person chose if the parameters name none.

    `free`: a host without a file may be named too. Without a person, and without a choice, the
    names are handed on as they are.
    """
    if namespace.get("host") is not None or not somebody_there():
        return namespace
    known = listing(params_folder())
    if not (known or free):
        return namespace
    # A run that nobody watches does without ipywidgets.
    from runbook.notebook.widgets.question import wait_for  # noqa: PLC0415

    choice = _Choice(known, free=free)
    asked = wait_for([choice.field], choice.fault, choice.settled, SystemClock())
    host = choice.host if asked else _typed(known, ask)
    return {**namespace, "host": host} if host else namespace


@dataclass(slots=True, init=False)
class _Choice:
    """The hosts of params/ in a list; where any host may be named, as suggestions."""

    field: Dropdown | Combobox
    free: bool

    def __init__(self, known: tuple[Described, ...], *, free: bool) -> None:
        from ipywidgets import Combobox, Dropdown, Layout  # noqa: PLC0415

        from runbook.notebook.widgets.look import FULL, LABEL, WIDER  # noqa: PLC0415

        layout = {
            "description": "host",
            "style": LABEL,
            "layout": Layout(width=WIDER, max_width=FULL),
        }
        self.free = free
        if free:
            names = [one.host for one in known]
            hint = "a name for ssh, e.g. server-05"
            self.field = Combobox(options=names, placeholder=hint, **layout)
        else:
            options = [(NOTHING, ""), *((_label(one), one.host) for one in known)]
            only = known[0].host if len(known) == 1 else ""
            self.field = Dropdown(options=options, value=only, **layout)

    @property
    def host(self) -> str:
        return str(self.field.value or "").strip()

    def fault(self) -> str:
        """What is wrong with the choice; '' if it is a host's name."""
        if not self.host:
            return "name the host" if self.free else NOTHING
        try:
            host_name({"host": self.host})
        except ParameterError as error:
            return f"{error.problem}; {error.then}"
        return ""

    def settled(self, chosen: bool) -> Picture:  # noqa: FBT001 - an answer, not a switch
        """What was chosen."""
        return note(f"Host: {self.host}, chosen here" if chosen else "No host was chosen here.")


def _label(one: Described) -> str:
    if one.params:
        return f"{one.host}: {one.params.address} on {one.params.interface}"
    return f"{one.host}: its file is wrong"


def _typed(known: tuple[Described, ...], ask: Ask | None) -> str:
    """The same where the front end sends nothing while a cell runs."""
    names = ", ".join(one.host for one in known)
    try:
        return (ask or builtins.input)(f"Which host? ({names}) ").strip()
    except (StdinNotImplementedError, EOFError, KeyboardInterrupt):
        return ""
