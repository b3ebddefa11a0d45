"""The parameters of fleet.ipynb: which notebook on which hosts, in which batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from runbook import views
from runbook.common import handed_files
from runbook.common.clock import SystemClock
from runbook.common.errors import ParameterError
from runbook.common.folders import outputs_folder, params_folder
from runbook.fleet.context import FleetContext
from runbook.fleet.ledger import FleetPlan
from runbook.fleet.options import FleetWish, plan_of
from runbook.fleet.run import again
from runbook.notebook.desk.sources import notebooks
from runbook.notebook.fleet import form
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.page_head import show_page_head
from runbook.params import check_names
from runbook.views.tables import counted

NAMES = (
    *("notebook", "hosts", "inventory", "values", "canary", "batch", "max_failures", "apart"),
    *("last", "pause_s", "window", "despite_refusals", "scheduler", "resume", "mode"),
)
NOTEBOOK = "routed.ipynb"
LARGEST = 1 << 26
COLUMNS = ["host", "batch", "values"]
# A list is for one host: it stands in the host's file.
_PLAIN = (str, int, float)


@dataclass(frozen=True, slots=True, repr=False)
class FleetRequest(CellValue):
    """A new run (`wish`), or one to go on with (`resume`); nothing is asked of a host yet."""

    plan: FleetPlan
    mode: str
    scheduler: str = ""
    resume: str = ""
    despite_refusals: bool = False

    def facts(self) -> Iterable[tuple[str, object]]:
        """What runs, on how many hosts."""
        yield "notebook", Path(self.plan.notebook).name
        yield "hosts", len(self.plan.hosts)
        yield "batches", len(self.plan.batches)
        if self.resume:
            yield "goes on with", self.resume

    @FrameProperty
    def hosts(self) -> pd.DataFrame:
        """One row a host: host, batch, values (those that are for this host alone)."""
        rows = [
            (host, number, str(dict(self.plan.given.get(host, {})) or ""))
            for number, batch in enumerate(self.plan.batches, 1)
            for host in batch
        ]
        return pd.DataFrame(rows, columns=COLUMNS)


def parameters(namespace: Mapping[str, object]) -> FleetRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, or CorrectParameters. In JupyterLab a form asks if no host is named.
    """
    show_page_head()
    check_names(namespace, NAMES)
    if not _names_hosts(namespace) and somebody_there():
        namespace = {**namespace, **form.asked(folders(), _request)}
    request = _request(namespace)
    views.show(_picture(request))
    return request


def folders() -> FleetContext:
    """Where the run is made; nobody looks on."""
    return FleetContext(
        *(params_folder(), outputs_folder(), SystemClock(), lambda _text: None),
        leaves=False,
        patient=somebody_there(),
    )


def _names_hosts(namespace: Mapping[str, object]) -> bool:
    return any(namespace.get(name) is not None for name in ("hosts", "inventory", "resume"))


def _request(values: Mapping[str, object]) -> FleetRequest:
    mode = _text(values, "mode") or "apply"
    if mode not in ("apply", "plan"):
        raise ParameterError("mode", mode, "it is neither plan nor apply", "give one of them")
    scheduler, resume = _text(values, "scheduler"), _text(values, "resume")
    despite = _switch(values, "despite_refusals")
    if resume:
        plan = again(resume, folders()).ledger.read().plan
        return FleetRequest(plan, mode, scheduler, resume, despite)
    return FleetRequest(plan_of(_wish(values), params_folder()), mode, scheduler, "", despite)


def _wish(given: Mapping[str, object]) -> FleetWish:
    patterns, inventory = _words(given, "hosts"), _text(given, "inventory")
    if not patterns and not inventory:
        fix = "give names or patterns of files in params/, such as 'server-*'"
        raise ParameterError("hosts", None, "no host is named", fix)
    values = given.get("values") or {}
    if not isinstance(values, dict) or not all(isinstance(v, _PLAIN) for v in values.values()):
        why = "it is no dict of texts, numbers and truth values"
        raise ParameterError("values", values, why, 'write {"stp": False}')
    return FleetWish(
        _notebook(_text(given, "notebook") or NOTEBOOK),
        patterns,
        _inventory(inventory) if inventory else "",
        tuple((str(name), str(value)) for name, value in values.items()),
        _number(given, "canary", 1),
        _text(given, "batch") or "4",
        _number(given, "max_failures", 0),
        _words(given, "apart"),
        _words(given, "last"),
        pause_s=float(_number(given, "pause_s", 0)),
        window=_text(given, "window"),
    )


def _notebook(name: str) -> Path:
    """A file here, or one of this version's notebooks."""
    here = Path(name)
    return here if here.is_file() else notebooks() / here.name


def _inventory(path: str) -> str:
    try:
        return handed_files.text(Path(path), LARGEST)
    except (OSError, ValueError) as error:
        fix = "name a file with what `ansible-inventory --list` prints"
        raise ParameterError("inventory", path, f"it cannot be read: {error}", fix) from None


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    # A batch of 4, or the run 20261130: papermill makes a number of such text.
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ParameterError(name, value, "it is no text", "write it in quotes")
    return str(value).strip()


def _words(values: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = values.get(name)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    return tuple(_text(values, name).replace(",", " ").split())


def _number(values: Mapping[str, object], name: str, usual: int) -> int:
    value = values.get(name)
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ParameterError(name, value, "it is no whole number from 0", "write such a number")
    return value


def _switch(values: Mapping[str, object], name: str) -> bool:
    value = values.get(name)
    if value not in (None, True, False):
        raise ParameterError(name, value, "it is neither True nor False", "write one of them")
    return bool(value)


def _picture(request: FleetRequest) -> views.Picture:
    plan = request.plan
    waiting = [
        views.FleetRow(host, number, "to come", "waits")
        for number, batch in enumerate(plan.batches, 1)
        for host in batch
    ]
    of = f"{counted(len(plan.hosts), 'host')} in {len(plan.batches)}"
    head = f"{Path(plan.notebook).name}: {of} {'batch' if len(plan.batches) == 1 else 'batches'}"
    return views.fleet_board(waiting, head)
