"""The form of guest.ipynb: which guest and NIC, its address, router, name servers and login."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from runbook import views
from runbook.common.errors import ParameterError
from runbook.guest.rules.typed import unfit
from runbook.notebook.guest.look import GuestVisit
from runbook.notebook.guest.request import entry, faults, show_guests, want
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.cell_value import CellValue
from runbook.notebook.shared.request import given
from runbook.notebook.shared.stages import RunProgress
from runbook.notebook.widgets.complete import wait_until_complete
from runbook.notebook.widgets.field import Field, Option, field
from runbook.notebook.widgets.form import Form
from runbook.notebook.widgets.help import GUEST_HELP
from runbook.state.guests import TapRow
from runbook.views.page.picture import plain

FIELDS = ("guest", "nic", "address", "gateway", "nameservers", "login")
BY_NETWORK = ("the one on network default, else the one on the LAN", "")
CHOOSE = ("choose a guest", "")


@dataclass(frozen=True, slots=True, repr=False)
class GuestForm(CellValue):
    """The form; None where nobody is there to fill it in."""

    met: GuestVisit
    form: Form | None

    @property
    def course(self) -> RunProgress:
        """How the run goes."""
        return self.met.course

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and what stands in the form."""
        values = self.form.values() if self.form else {}
        told = " ".join(str(value) for value in values.values() if value)
        return ("host", self.met.session.params.host), ("in the form", told or "nothing")


def choose(met: GuestVisit) -> GuestForm:
    """Offer the form where somebody can fill it in; wait for what is missing in it."""
    if not somebody_there():
        views.show(views.note("Nobody to ask: the parameters stay as they are."))
        return GuestForm(met, None)
    form = _form(met)
    form.check(lambda values: judge(met, values))
    form.show()
    met.course.live.append(form)
    wait_until_complete(form, None, met.session.clock)
    return GuestForm(met, form)


def settle(offered: GuestForm) -> GuestVisit:
    """Read the form, and show what is asked for each guest; raises ParameterError."""
    met, form = offered.met, offered.form
    if form is None:
        return met
    for error in judge(met, form.values()):
        raise error
    request = want(_given(met, form.values()), met.course)
    form.freeze()
    show_guests(request.guests)
    session = replace(met.session, params=request.params)
    return replace(met, request=request, session=session)


def judge(met: GuestVisit, values: Mapping[str, object]) -> tuple[ParameterError, ...]:
    """All that is wrong with the values, each by itself, together, and on this LAN."""
    written = met.request.params
    if not values["guest"]:
        none = ParameterError("guest", None, "no guest is chosen", "choose one from the list")
        one = ParameterError("guest", None, "these values are for one guest", "choose it here")
        typed = values["nic"] or values["address"]
        return (one if typed else none,) if typed or not _all_of_the_file(met) else ()
    given = _given(met, values)
    if not given.get("address"):
        lan = written.ipv4.network
        fix = f"write one of {lan} with its length, /{lan.prefixlen}"
        return (ParameterError("address", None, "the guest needs an address of its own", fix),)
    found = faults(written, given)
    return found or tuple(unfit(written, want(given).guests[0]))


def _all_of_the_file(met: GuestVisit) -> bool:
    """Whether it is right to name no guest: the file has some, and no value is for one alone."""
    return bool(met.request.guests) and met.request.given.get("guest") is None


def _given(met: GuestVisit, values: Mapping[str, object]) -> dict[str, object]:
    """The notebook's parameters, with what stands in the form instead of theirs."""
    rest = {name: value for name, value in met.request.given.items() if name not in FIELDS}
    typed = {name: value for name, value in values.items() if value not in ("", None)}
    return {**rest, **typed} if values["guest"] else rest


def _form(met: GuestVisit) -> Form:
    first = str(met.request.given.get("guest") or "")
    values = {**_brought(met, first), **_asked(met)}
    options = {"guest": _guests(met), "nic": _nics(met.taps, first)}
    fields = {name: field(name, values.get(name), options.get(name), GUEST_HELP) for name in FIELDS}
    lan = met.request.params.ipv4.network
    fields["address"].widget.placeholder = f"one of {lan}, written with /{lan.prefixlen}"
    fields["login"].widget.placeholder = "the user at the guest's console"
    return Form(fields, lambda name, value: _follow(met, fields["nic"], name, value))


def _asked(met: GuestVisit) -> dict[str, object]:
    return given(met.request.given, FIELDS)


def _follow(met: GuestVisit, nic: Field, name: str, value: object) -> Mapping[str, object]:
    """Choosing a guest brings along its NICs, and what the file says of it."""
    if name != "guest":
        return {}
    nic.widget.options = _nics(met.taps, str(value))
    return _brought(met, str(value))


def _brought(met: GuestVisit, guest: str) -> dict[str, object]:
    params = met.request.params
    own = [row.mac for row in met.taps if row.guest == guest]
    nic = own[0] if len(own) == 1 else ""
    usual: dict[str, object] = {"guest": guest, "nic": nic, "gateway": params.gateway}
    usual |= {"address": "", "nameservers": (), "login": "root"}
    known = {name: value for name, value in entry(params, guest).items() if value is not None}
    return {**usual, **{name: known[name] for name in FIELDS if name in known}}


def _guests(met: GuestVisit) -> list[Option]:
    names = ", ".join(guest.name for guest in met.request.guests)
    every = (f"every guest of params/{met.request.params.host}.yaml: {names}", "")
    rows = [(plain(f"{row.name}: {row.state}"), row.name) for row in met.guests]
    return [every if _all_of_the_file(met) else CHOOSE, *rows]


def _nics(taps: Iterable[TapRow], guest: str) -> list[Option]:
    own = [row for row in taps if row.guest == guest]
    named = [(_label(row), row.mac) for row in own]
    return [*([BY_NETWORK] if len(own) != 1 else []), *named]


def _label(row: TapRow) -> str:
    return plain(f"{row.mac} on {row.source or row.defined_source or row.type}")
