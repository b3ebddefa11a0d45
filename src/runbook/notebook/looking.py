"""The cells that only look at the host: parameters, identity, form, state before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runbook import record, run, views, widgets
from runbook.checkpoint.found import InProgress
from runbook.clock import SystemClock
from runbook.home import outputs_folder, params_folder
from runbook.moves.rules_file import as_table as as_rows
from runbook.moves.rules_file import rules_file
from runbook.notebook.approval import somebody_there
from runbook.notebook.ending import not_ended, reading
from runbook.notebook.values import Asked, Before, Met, Offered, Run, Settled
from runbook.params import NAMES, Params, as_table, check_names, for_host
from runbook.returning import Standing
from runbook.run import Session
from runbook.state import snapshot as snapshots
from runbook.views import Look

FORM = ("interface", "address", "gateway", "bridge")


def parameters(namespace: Mapping[str, object]) -> Asked:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    check_names(namespace)
    injected = {name: namespace[name] for name in NAMES if namespace.get(name) is not None}
    params = for_host(params_folder(), injected)
    _show_params(params)
    _show_rules(params)
    return Asked(params, injected)


def meet(asked: Asked) -> Met:
    """Connect and say which machine this is.

    Raises MendAccess if that fails; InProgress, with a picture of it, if
    another change is armed or half made there.
    """
    clock = SystemClock()
    with views.doing(f"Connecting to {asked.params.host}", clock.monotonic):
        session = run.open_session(asked.params, clock)
    stop_at_a_change(session)
    with views.doing(f"A first look at {asked.params.host}", clock.monotonic):
        glance = run.read(session)
    views.show(views.identity(glance.identity))
    return Met(asked, session, glance)


def stop_at_a_change(session: Session) -> None:
    """Raise InProgress, with a picture of it, if a change is armed or half made there."""
    try:
        run.stand_clear(session)
    except InProgress as error:
        views.show(views.standing(Standing(session.params.host, error.found)))
        raise


def choose(met: Met) -> Offered:
    """Offer the form where somebody can fill it in."""
    if not somebody_there():
        views.show(views.note("Nobody to ask: the parameters stay as they are."))
        return Offered(met, None)
    form = widgets.form(met.session.params, met.glance)
    views.show(form.box())
    return Offered(met, form)


def settle(offered: Offered) -> Settled:
    """Read the form and print the final parameters; raises ParameterError."""
    asked, session = offered.met.asked, offered.met.session
    chosen = offered.form.values() if offered.form else {}
    changed = {k: v for k, v in chosen.items() if v != str(getattr(asked.params, k))}
    params = for_host(params_folder(), {**asked.injected, **changed})
    views.show(views.card([(name, getattr(params, name)) for name in FORM], "Settled"))
    return Settled(replace(session, params=params))


def look(settled: Settled) -> Before:
    """Read the whole state, begin the record with it, and show it."""
    this = _open_run(settled.session)
    with reading(this, "Reading the state before"):
        snapshot = run.read(this.session)
        this.folder.again("before.json", snapshots.dumps(snapshot))
    views.show(views.state(snapshot))
    return Before(this, snapshot)


def wiring(before: Before) -> None:
    """Draw how router, NIC, bridge and guests hang together."""
    views.show(views.wiring(before.snapshot, before.run.session.params.address))


def _open_run(session: Session) -> Run:
    """The run's folder: made at the first look, opened again when the cell is run again."""
    folder = outputs_folder() / session.params.host / session.change_id
    if folder.is_dir():
        this = Run(session, record.Folder(folder))
        not_ended(this)
    else:
        made = record.create(outputs_folder(), session.params.host, session.change_id)
        this = Run(session, made)
    values = as_table(session.params).to_dict("records")
    this.folder.again_json("params.json", {str(r["field"]): r for r in values})
    return this


def _show_rules(params: Params) -> None:
    ruleset = rules_file(params)
    if ruleset is not None:
        rows = as_rows(ruleset)
        views.show(views.table(rows, Look(f"The rules of params/{params.rules}", limit=len(rows))))


def _show_params(params: Params) -> None:
    views.show(views.table(as_table(params), Look("Parameters, and where each came from")))
