"""The parameters of revert.ipynb: the host, and which confirmed change is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from runbook import views
from runbook.common.errors import ParameterError
from runbook.common.folders import outputs_folder, params_folder
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.shared.page_head import show_page_head
from runbook.notebook.shared.request import OF_A_KNOWN_HOST, given, show_host, show_request
from runbook.notebook.shared.sealing import announce
from runbook.notebook.shared.stages import RunProgress, of_revert
from runbook.params import (
    NOTHING_SAID,
    REQUEST_NAMES,
    ChangeRequest,
    Params,
    as_table,
    change_request,
    check_names,
    for_host,
)
from runbook.params.resolve import host_name
from runbook.plan.promise.attached import AttachedPromise
from runbook.plan.revert.procedure import host_promise
from runbook.records.begin import About
from runbook.records.confirmed import Confirmation, find
from runbook.records.signature import ALLOWED_SIGNERS

OF_THE_HOST = (
    *OF_A_KNOWN_HOST,
    *("mode", "router", "machine_id", "consent", "probes", "deadline_s", "approval", "sign_with"),
)
NAMES = (*OF_THE_HOST, "change", *REQUEST_NAMES)


@dataclass(frozen=True, slots=True, repr=False)
class RevertRequest(CellValue):
    """Resolved parameters, and the confirmed change with its record."""

    params: Params
    found: Confirmation
    change_request: ChangeRequest = NOTHING_SAID
    course: RunProgress = field(default_factory=of_revert)

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, which change, and what for."""
        taken = ("takes back", self.found.change.change_id)
        return ("host", self.params.host), taken, ("mode", self.params.mode)

    @FrameProperty
    def parameters(self) -> pd.DataFrame:
        """One row a parameter: field, value, source (where the value came from)."""
        return as_table(self.params)


def parameters(namespace: Mapping[str, object]) -> RevertRequest:
    """Resolve the notebook's parameters, and verify the record; `namespace` is `globals()`.

    Contacts nothing. Raises ParameterError, Refused for a change that no revert takes back, or
    CorrectParameters for a record that is missing or was altered.
    """
    show_page_head()
    check_names(namespace, NAMES)
    request = want(with_host(namespace))
    request.course.place()
    request.course.mark("parameters", "done")
    show_host(request.params, (*OF_THE_HOST, "interface", "address", "bridge", "network"))
    show_change(request)
    show_request(request.change_request)
    about = About("revert", request.params.host, request.params.host, "none yet")
    announce(request.course, about, request.change_request)
    return request


def want(values: Mapping[str, object]) -> RevertRequest:
    """The same from values; None stands for a value that was not given."""
    asked = given(values, OF_THE_HOST)
    change = values.get("change") or ""
    if not isinstance(change, str):
        fix = "copy it from `runbook records list`, or leave it out for the newest confirmed change"
        raise ParameterError("change", change, "the number of a change is text", fix)
    allowed = params_folder() / ALLOWED_SIGNERS
    found = find(outputs_folder() / host_name(asked), change, allowed)
    promise = host_promise(found.change)
    # What the change made is what the revert is about, whatever the host's file says today.
    own = {
        "interface": promise.nic,
        "address": str(promise.address),
        "gateway": promise.gateway,
        "network": promise.network,
        "bridge": promise.bridge,
        "attach": isinstance(promise, AttachedPromise),
        "reboot": "none",
    }
    params = for_host(params_folder(), {**asked, **own})
    return RevertRequest(params, found, change_request(values))


def show_change(request: RevertRequest) -> None:
    """What the change was, and where its record is."""
    found = request.found
    told = [
        ("change", found.change.change_id),
        ("what it made", found.change.plan.promise.end_state),
        ("plan", found.change.plan.digest),
        ("record", found.made),
    ]
    if found.confirmed != found.made:
        told.append(("confirmed by", found.confirmed))
    views.show(views.card(told, "The change that this run takes back; its record is unaltered"))
