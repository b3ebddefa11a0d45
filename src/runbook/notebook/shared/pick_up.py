"""Takes up a change in progress after its kernel died or its page was closed.

Only if a person is there, only for the operator who armed the change, and only while its undo
can still run. The host says which steps are made.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from runbook import views
from runbook.apply.checkpoint.armed_change import ArmedChange, InProgress
from runbook.common import handed_files
from runbook.common.errors import MendHost
from runbook.common.folders import outputs_folder, params_folder
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.runs import HostRun
from runbook.notebook.shared.values import ConnectedHost, FinalParameters, RunRequest
from runbook.params import NAMES, Params, as_rows, for_host
from runbook.params.source import CHOSEN
from runbook.plan.plan import Plan
from runbook.plan.promise.host import Promise
from runbook.run import resume
from runbook.run.session import Session, Underway
from runbook.run.standing import HostStatus, read_standing

TAKEN_UP = (
    "This change is in progress. The cells below continue it at its current step: what was made is"
    " shown and not made again. You are asked before anything is written."
)


# May differ between the two runs: how the change is asked for, how the host is reached.
FREE = (
    *("mode", "connect", "destination", "ssh_config", "libvirt_uri", "consent", "machine_id"),
    *("approval", "sign_with"),
)


class OtherChange(MendHost):
    """The change in progress is not the one that the parameters ask for."""


def pick_up(asked: RunRequest, session: Session, there: ArmedChange) -> ConnectedHost:
    """The change in progress, to go on with.

    Raises InProgress if this run may not take it up, OtherChange if the parameters are not those
    that it was armed with.
    """
    views.show(views.standing(HostStatus(session.params.host, there)))
    if not somebody_there() or there.undoing or there.checkpoint.open_step:
        raise InProgress(there)
    resume.claim(session, there, "undo", take_over=False)
    underway = resume.pick_up(session, there)
    known = replace(session, change_id=there.checkpoint.place.change_id)
    params = _as_armed(asked, known, underway.armed.plan)
    views.show(views.note(TAKEN_UP, "warn"))
    before = underway.armed.cleared.before
    return ConnectedHost(asked, replace(known, params=params), before, underway)


def settle(met: ConnectedHost, picked: Underway) -> FinalParameters:
    """The parameters with which the change was armed."""
    return FinalParameters(met.session, picked, met.course)


def _as_armed(asked: RunRequest, session: Session, drawn_plan: Plan) -> Params:
    """The notebook's parameters with the earlier choices; they have to equal the armed ones."""
    told = _recorded(session)
    chosen = {name: value for name, (value, source) in told.items() if source == str(CHOSEN)}
    params = for_host(params_folder(), asked.injected, chosen)
    now = {row.field: row.value for row in as_rows(params)}
    others = {name: value for name, (value, _) in told.items() if name not in FREE}
    odd = [name for name, value in others.items() if now.get(name) != value]
    if odd or not (told or _promised(params, drawn_plan)):
        raise OtherChange(
            "the change in progress was armed with other parameters than these: "
            + (", ".join(odd) or drawn_plan.promise.end_state),
            host=params.host,
            state="in the middle of that change; this run wrote nothing",
            then=f"give the parameters of that change, or end it: `runbook undo {params.host}`",
        )
    return params


def _recorded(session: Session) -> dict[str, tuple[str, str]]:
    """Value and source of each parameter when the change was armed; empty without a record."""
    folder = outputs_folder() / session.params.host / session.change_id
    files = sorted(folder.glob("params*.json"), key=lambda path: (len(path.name), path.name))
    with suppress(IndexError, ValueError, OSError, KeyError, TypeError):
        document = handed_files.json_object(handed_files.text(files[-1]))
        rows = {name: row for name, row in document.items() if name in NAMES}
        return {name: (str(row["value"]), str(row["source"])) for name, row in rows.items()}
    return {}


def _promised(params: Params, drawn_plan: Plan) -> bool:
    """Whether address, bridge, NIC and network of the plan equal the parameters."""
    promise = drawn_plan.promise
    if not isinstance(promise, Promise):
        return False
    made = (str(promise.address), promise.bridge, promise.nic, promise.network)
    return made == (params.address, params.bridge, params.interface, params.network)


def progress(run: HostRun, picked: Underway) -> str:
    """How far the change is, for the person who decides whether to go on."""
    found = read_standing(run.session).armed
    made = found.checkpoint.progress if found else "it is not in progress any more"
    return f"Change {picked.armed.change_id} is in progress: {made}."
