"""A change that is in progress taken up again: its kernel died, or its page was closed.

Only with somebody there, only by the operator who armed it, and only while its
undo can still end it. What was made of it is told by the host.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

from runbook import returning, views
from runbook.checkpoint.found import Found, InProgress
from runbook.errors import MendHost
from runbook.home import outputs_folder, params_folder
from runbook.notebook.approval import somebody_there
from runbook.notebook.values import Asked, Met, Run, Settled
from runbook.params import NAMES, Params, for_host
from runbook.params.source import CHOSEN
from runbook.plan import Plan
from runbook.promise import Promise
from runbook.returning import Standing
from runbook.run import Session, Underway

TAKEN_UP = (
    "This change is in progress. The cells below go on with it where it stands: what was made is"
    " shown and not made again. You are asked before anything is written."
)


class OtherChange(MendHost):
    """The change in progress is not the one that the parameters ask for."""


def pick_up(asked: Asked, session: Session, there: Found) -> Met:
    """The change found, to go on with; raises InProgress where that may not be."""
    views.show(views.standing(Standing(session.params.host, there)))
    if not somebody_there() or there.undoing:
        raise InProgress(there)
    returning.claim(session, there, "undo", take_over=False)
    underway = returning.pick_up(session, there)
    views.show(views.note(TAKEN_UP, "warn"))
    before = underway.armed.cleared.before
    known = replace(session, change_id=there.kept.place.change_id)
    return Met(asked, known, before, underway)


def settle(met: Met, picked: Underway) -> Settled:
    """The parameters with which it was armed; raises OtherChange if these are others."""
    params = for_host(params_folder(), met.asked.injected, _chosen(met.session))
    _same(params, picked.armed.plan)
    return Settled(replace(met.session, params=params), picked, met.course)


def _chosen(session: Session) -> dict[str, object]:
    """What a person chose in the form, as the run's record keeps it."""
    path = outputs_folder() / session.params.host / session.change_id / "params.json"
    told: dict[str, dict[str, str]] = {}
    with suppress(FileNotFoundError):
        told = json.loads(path.read_text("utf-8"))
    chosen = {name: row for name, row in told.items() if row.get("source") == str(CHOSEN)}
    return {name: row["value"] for name, row in chosen.items() if name in NAMES}


def _same(params: Params, drawn: Plan) -> None:
    asked = (params.address, params.bridge, params.interface, params.network)
    promise = drawn.promise
    made: tuple[str, ...] = (promise.kept,)
    if isinstance(promise, Promise):
        made = (str(promise.address), promise.bridge, promise.nic, promise.network)
    if asked != made:
        raise OtherChange(
            f"the change in progress is of {', '.join(made)}, and these parameters are of"
            f" {', '.join(asked)}",
            host=params.host,
            state="in the middle of that change; this run wrote nothing",
            then=f"give the parameters of that change, or end it: `runbook undo {params.host}`",
        )


def progress(this: Run, picked: Underway) -> str:
    """How far the change has come, for a person who is asked to go on with it."""
    found = returning.look(this.session).found
    made = found.kept.progress if found else "it is not in progress any more"
    return f"Change {picked.armed.change_id} is in progress: {made}."
