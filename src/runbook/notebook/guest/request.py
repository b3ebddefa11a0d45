"""The parameters of guest.ipynb: the host, and which guests are meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from runbook import views
from runbook.common.errors import ParameterError
from runbook.common.folders import params_folder
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.host_choice import with_host
from runbook.notebook.shared.page_head import show_page_head
from runbook.notebook.shared.request import OF_A_KNOWN_HOST, given, show_host, show_request
from runbook.notebook.shared.sealing import announce
from runbook.notebook.shared.stages import RunProgress, of_guests
from runbook.params import (
    NOTHING_SAID,
    REQUEST_NAMES,
    ChangeRequest,
    Params,
    as_table,
    change_request,
    check_names,
    faults_for_host,
    for_host,
)
from runbook.params.guests import Guest
from runbook.records.begin import About

OF_THE_HOST = (
    *OF_A_KNOWN_HOST,
    *("mode", "network", "router", "machine_id", "consent", "probes", "deadline_s"),
    *("approval", "sign_with"),
)
OF_A_GUEST = (
    *("address", "gateway", "nameservers", "login", "login_from", "nic", "by_hand", "wait_s"),
)
NAMES = (*OF_THE_HOST, "guest", *OF_A_GUEST, *REQUEST_NAMES)
FIRST = "guests[1]"
LEFT_OUT = {
    "gateway": "the host's",
    "nameservers": "those it has",
    "login_from": "the environment where it has one, else a prompt",
    "nic": "the one on network default, else the one on the LAN",
}


@dataclass(frozen=True, slots=True, repr=False)
class GuestRequest(CellValue):
    """Resolved parameters, and the guests that are meant; none yet where a form asks for one.

    `given` is what the notebook's parameters say.
    """

    params: Params
    guests: tuple[Guest, ...]
    given: Mapping[str, object] = field(default_factory=dict)
    course: RunProgress = field(default_factory=of_guests)
    change_request: ChangeRequest = NOTHING_SAID

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and which guests."""
        names = " ".join(guest.name for guest in self.guests) or "the form asks for one"
        return ("host", self.params.host), ("guests", names), ("mode", self.params.mode)

    @FrameProperty
    def parameters(self) -> pd.DataFrame:
        """One row a parameter of the host: field, value, source (where the value came from)."""
        return as_table(self.params)


def parameters(namespace: Mapping[str, object]) -> GuestRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    show_page_head()
    check_names(namespace, NAMES)
    course = of_guests()
    course.place()
    told = given(with_host(namespace), NAMES)
    request = replace(
        want(told, course, asks=somebody_there()), change_request=change_request(told)
    )
    course.mark("parameters", "done")
    show_host(request.params, ("address", "gateway", *OF_THE_HOST))
    show_guests(request.guests)
    show_request(request.change_request)
    names = " ".join(guest.name for guest in request.guests) or "guests"
    about = About("guest", request.params.host, names, "none yet")
    announce(course, about, request.change_request)
    return request


def show_guests(guests: Iterable[Guest]) -> None:
    """What is asked for each guest."""
    for guest in guests:
        views.show(views.card(list(_shown(guest)), f"Guest {guest.name}"))


def _shown(guest: Guest) -> Iterator[tuple[str, object]]:
    for name in ("name", *OF_A_GUEST):
        value = getattr(guest, name)
        words = ", ".join(value) if isinstance(value, tuple) else value
        yield name, words or LEFT_OUT.get(name, words)


def want(
    values: Mapping[str, object], course: RunProgress | None = None, *, asks: bool = False
) -> GuestRequest:
    """The same from values; None stands for a value that was not given.

    `asks`: a form asks for what is not given, so it is no error that no guest is named.
    """
    course = course or of_guests()
    asked, own = given(values, OF_THE_HOST), given(values, OF_A_GUEST)
    name = values.get("guest")
    written = for_host(params_folder(), asked)
    if name is None:
        there = () if asks and (own or not written.guests) else _all(written, own)
        return GuestRequest(written, there, values, course)
    if "address" not in {**entry(written, name), **own}:
        if asks:
            return GuestRequest(written, (), values, course)
        raise _no_address(written, name)
    params = _resolved(_with_guest(written, asked, {**own, "name": name}))
    return GuestRequest(params, params.guests[:1], values, course)


def entry(written: Params, name: object) -> Mapping[str, object]:
    """What the host's file says of a guest; nothing where it has no such entry."""
    known = {guest.name: guest.model_dump() for guest in written.guests}
    return known.get(str(name), {})


def faults(written: Params, values: Mapping[str, object]) -> tuple[ParameterError, ...]:
    """All that is wrong with a guest's values, each by its name in the notebook."""
    asked, own = given(values, OF_THE_HOST), given(values, OF_A_GUEST)
    whole = _with_guest(written, asked, {**own, "name": values.get("guest")})
    return tuple(_by_its_name(error) for error in faults_for_host(params_folder(), whole, {}))


def _with_guest(
    written: Params, asked: Mapping[str, object], own: Mapping[str, object]
) -> dict[str, object]:
    """The parameters with this guest first; another one may not have the same address."""
    rest = [guest.model_dump() for guest in written.guests if guest.name != own["name"]]
    return {**asked, "guests": [{**entry(written, own["name"]), **own}, *rest]}


def _all(written: Params, own: Mapping[str, object]) -> tuple[Guest, ...]:
    for odd, value in own.items():
        fix = "name the guest that it is for: -p guest vm-01"
        raise ParameterError(odd, value, "it is a parameter of a guest, and no guest is named", fix)
    if not written.guests:
        fix = (
            "name one: -p guest vm-01 -p address 172.16.1.10/16;"
            f" or write `guests` in params/{written.host}.yaml"
        )
        raise ParameterError("guest", None, "no guest is named, and `guests` is empty", fix)
    return written.guests


def _no_address(written: Params, name: object) -> ParameterError:
    known = ", ".join(guest.name for guest in written.guests) or "none"
    fix = f"give it: -p address 172.16.1.10/16; params/{written.host}.yaml has guests: {known}"
    return ParameterError("address", None, f"no address is given for guest {name}", fix)


def _resolved(asked: Mapping[str, object]) -> Params:
    """Whatever is wrong with the one guest, told by the name that it has in the notebook."""
    try:
        return for_host(params_folder(), asked)
    except ParameterError as error:
        raise _by_its_name(error) from None


def _by_its_name(error: ParameterError) -> ParameterError:
    if not error.field.startswith(f"{FIRST}."):
        return error
    # Of a list a single item may be wrong.
    field = error.field.removeprefix(f"{FIRST}.").partition("[")[0]
    name = "guest" if field == "name" else field
    return ParameterError(name, error.value, error.problem, error.then.replace(error.field, name))
