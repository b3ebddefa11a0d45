"""The cells of survey.ipynb that draft the host's file and write it."""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

import pandas as pd
from IPython.core.error import StdinNotImplementedError

from runbook import views
from runbook.common import atomic_files
from runbook.common.errors import CorrectParameters, MendHost, ParameterError, ReadFailed, Refused
from runbook.common.folders import params_folder
from runbook.notebook.jupyter.unattended import may_write, somebody_there
from runbook.notebook.live.file_record import offer
from runbook.notebook.routed.close import products
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.ending import end, in_short, not_ended, reading, waiting
from runbook.notebook.shared.next_steps import show_next
from runbook.notebook.shared.runs import OfARun
from runbook.notebook.survey.look import SurveyedHost, SurveyOffer, SurveyRun
from runbook.params import Params, as_table, for_host
from runbook.params.draft import draft as drafted_text
from runbook.params.draft import plain
from runbook.run.record import Ending
from runbook.views import Look

ASKED_AT_MOST = 5


@dataclass(frozen=True, slots=True, repr=False)
class SurveyValues(CellValue):
    """The values that the file is to give; `against` is why routed.ipynb would refuse the host.

    A consent that is not given yet is no reason: it is for the operator to give.
    """

    met: SurveyedHost
    params: Params
    values: dict[str, object]
    against: tuple[str, ...] = ()

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host."""
        return (("host", self.met.run.host),)

    @FrameProperty
    def parameters(self) -> pd.DataFrame:
        """One row a parameter: field, value, source (where the value came from)."""
        return as_table(self.params)


@dataclass(frozen=True, slots=True, repr=False)
class ParamsDraft(OfARun):
    """The file as it will be; `old` is None where there is none."""

    settled: SurveyValues
    text: str
    old: str | None

    @property
    def run(self) -> SurveyRun:
        """The survey."""
        return self.settled.met.run


def settle(offered: SurveyOffer) -> SurveyValues:
    """Read the form and print what it comes to, and what preflight would say.

    Raises ParameterError for a value that is not right; nothing was written then.
    """
    met = offered.met
    not_ended(met.run)
    if offered.form:
        params, values = _right(offered)
        offered.form.freeze()
    else:
        with reading(met.run, "Judging the values"):
            params, values = _right(offered)
    given = as_table(params)[["field", "value"]]
    given = given[given["value"].astype(str) != ""]
    views.show(views.table(given, Look("The values of the file", unit="value")))
    against = _what_preflight_would_say(met, offered.now())
    return SurveyValues(met, params, values, against)


def draft(settled: SurveyValues) -> ParamsDraft:
    """Show the file as it will be: whole where it is new, else what changes in it."""
    run = settled.met.run
    path = params_folder() / f"{run.host}.yaml"
    with reading(run, "Drafting the file"):
        old = path.read_bytes().decode() if path.exists() else None
        text = drafted_text(run.host, settled.values, old)
        run.folder.again("draft.yaml", text)
    shown = f"params/{path.name}"
    lines = difflib.unified_diff(
        (old or "").splitlines(), text.splitlines(), shown, shown, lineterm=""
    )
    diff = "\n".join(lines)
    views.show(views.edits([diff]) if diff else views.note(f"{shown} says so already", "good"))
    return ParamsDraft(settled, text, old)


def write(drafted: ParamsDraft) -> SurveyRun:
    """Write the file, once somebody says so; under papermill the mode has said it."""
    run = drafted.run
    not_ended(run)
    if drafted.text == drafted.old:
        _end(drafted, Ending.NOTHING_TO_DO, f"params/{run.host}.yaml says so already")
    elif not run.request.writes:
        _end(drafted, Ending.LOOKED, "mode is plan: nothing was written")
    elif not _said_so(run):
        _end(drafted, Ending.LOOKED, "writing was not approved: nothing was written")
    else:
        with reading(run, f"Writing params/{run.host}.yaml"):
            _write(drafted)
        said = f"params/{run.host}.yaml was written"
        _end(drafted, Ending.SURVEYED, f"{said}; routed.ipynb is next")
    return run


def _end(drafted: ParamsDraft, ending: Ending, text: str) -> None:
    """The run ends as refused if routed.ipynb would refuse the host, whatever the file says."""
    against = drafted.settled.against
    if not against:
        end(drafted.run, ending, text)
        return
    file = text.partition(";")[0]
    what = f"{file}. routed.ipynb would refuse this host now: {'; '.join(against)}"
    end(drafted.run, Ending.REFUSED, what)
    if not somebody_there():
        # papermill's exit status comes of it.
        raise Refused(what, host=drafted.run.host, then="do what each finding above says")


def record(run: SurveyRun) -> None:
    """Where the record is, and what it holds."""
    with closing(run.session.host):
        views.show(products(run))
    offer(run)
    show_next(run)


def _right(offered: SurveyOffer) -> tuple[Params, dict[str, object]]:
    """The values, if nothing is wrong with them."""
    met = offered.met
    values = met.run.request.all(offered.now())
    for error in met.judge(offered.now()):
        if error.field:
            raise error
        views.show(views.note(f"no plan could be drawn now: {error.problem}; {error.then}", "warn"))
    params = met.params(offered.now())
    # A list that came as one text, or a switch as a word, is written as what it is.
    return params, {name: getattr(params, name) for name in values}


def _what_preflight_would_say(met: SurveyedHost, values: Mapping[str, object]) -> tuple[str, ...]:
    """What the change itself would be told, shown; each reason for a refusal."""
    try:
        found = met.findings(values)
    except ReadFailed as error:
        views.show(views.note(f"preflight is left to routed.ipynb: {in_short(error)}"))
        return ()
    except (MendHost, ParameterError) as error:
        return (in_short(error),)
    told = views.findings([finding for finding in found if finding.level != "ok"])
    head = views.note("What preflight in routed.ipynb would say of this host now:")
    views.show(views.stack((head, told)))
    return tuple(f"{f.about}: {f.seen}" for f in found if f.level == "block")


def _said_so(run: SurveyRun) -> bool:
    """Whether a person typed the host's name; a wrong one is asked again, nothing is a no."""
    prompt = (
        f"params/{run.host}.yaml will be written as shown above.\n"
        "Type the host's name to write the file; press Enter to leave it as it is: "
    )
    try:
        with waiting(run):
            for _ in range(ASKED_AT_MOST):
                answer = builtins.input(prompt).strip()
                if answer in ("", run.host):
                    return answer == run.host
                prompt = f"{answer!r} is not the host's name. Type {run.host}, or nothing: "
    except StdinNotImplementedError:
        return may_write()
    except (EOFError, KeyboardInterrupt):
        pass
    return False


def _write(drafted: ParamsDraft) -> None:
    """What was there goes into the record first; what is there then is read back."""
    run = drafted.run
    path = (params_folder() / f"{run.host}.yaml").resolve()
    now = path.read_bytes().decode() if path.exists() else None
    if now != drafted.old:
        raise _changed_since(run)
    if now is not None:
        run.folder.once("before.yaml", now)
    run.folder.once("written.yaml", drafted.text)
    try:
        atomic_files.replace(path, drafted.text.encode())
    except OSError as error:
        raise _not_written(run, error) from error
    if plain(for_host(params_folder(), {"host": run.host})) != plain(drafted.settled.params):
        raise Refused(
            f"params/{run.host}.yaml now holds other values than were written",
            host=run.host,
            state=f"the host is as it was; the file before is in {run.folder.path}",
            then="see who else writes that file, then survey again",
        )


def _not_written(run: SurveyRun, error: OSError) -> CorrectParameters:
    return CorrectParameters(
        f"params/{run.host}.yaml could not be written: {error.strerror}",
        host=run.host,
        state="the file is as it was; the host was only read",
        then=f"make {params_folder()} writable, then survey again; the new text is in"
        f" {run.folder.path}/written.yaml",
    )


def _changed_since(run: SurveyRun) -> CorrectParameters:
    return CorrectParameters(
        f"params/{run.host}.yaml has changed since it was shown",
        host=run.host,
        state="as somebody else wrote it; nothing was written",
        then="run again from the cell that shows the file",
    )
