"""The cells that find guests and go into them. They write nothing, on the host or inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from runbook import views
from runbook.common.clock import SystemClock
from runbook.common.errors import ParameterError
from runbook.common.folders import outputs_folder, params_folder
from runbook.guest import facts
from runbook.guest.login import patience
from runbook.guest.target import GuestOffer
from runbook.notebook.routed.look import stop_at_a_change
from runbook.notebook.shared.cell_value import CellValue, FrameProperty
from runbook.notebook.shared.ending import reading
from runbook.notebook.shared.leave_guests import leave
from runbook.notebook.shared.runs import Run
from runbook.notebook.shared.sealing import begin
from runbook.notebook.shared.stages import RunProgress, of_guests, stage
from runbook.notebook.shared.stopping import refuse
from runbook.notebook.shared.undoing import records
from runbook.notebook.shared.values import Before
from runbook.params import Params, as_table, check_names, for_host
from runbook.params.guests import Guest
from runbook.run import pipeline, record
from runbook.run.session import Session
from runbook.run.subject_guests import about_guests
from runbook.state import snapshot as snapshots
from runbook.state.guest import sightings
from runbook.state.guest.sightings import Sighting
from runbook.state.snapshot import Snapshot
from runbook.views import Look
from runbook.views.guests import offers_table

OF_THE_HOST = (
    *("host", "mode", "connect", "destination", "ssh_config", "libvirt_uri", "network"),
    *("router", "machine_id", "consent", "probes", "deadline_s"),
)
OF_A_GUEST = (
    *("address", "gateway", "nameservers", "login", "login_from", "nic", "by_hand", "wait_s"),
)
NAMES = (*OF_THE_HOST, "guest", *OF_A_GUEST)
FIRST = "guests[1]"
LEFT_OUT = {
    "gateway": "the host's",
    "nameservers": "those it has",
    "login_from": "the environment where it has one, else a prompt",
    "nic": "the one on network default, else the one on the LAN",
}


@dataclass(frozen=True, slots=True, repr=False)
class GuestRequest(CellValue):
    """Resolved parameters, and the guests that are meant."""

    params: Params
    guests: tuple[Guest, ...]
    course: RunProgress = field(default_factory=of_guests)

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and which guests."""
        names = " ".join(guest.name for guest in self.guests)
        return ("host", self.params.host), ("guests", names), ("mode", self.params.mode)

    @FrameProperty
    def parameters(self) -> pd.DataFrame:
        """One row a parameter of the host: field, value, source (where the value came from)."""
        return as_table(self.params)


@dataclass(frozen=True, slots=True, repr=False)
class GuestVisit(CellValue):
    """A host that answers."""

    request: GuestRequest
    session: Session

    @property
    def course(self) -> RunProgress:
        """How the run goes."""
        return self.request.course

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and which change."""
        session = self.session
        return ("host", session.params.host), ("change", session.change_id)


@dataclass(frozen=True, slots=True, repr=False)
class GuestOffers(Before):
    """The state before, and what each guest offers."""

    @FrameProperty
    def offers(self) -> pd.DataFrame:
        """One row a guest: guest, way inside, system, NIC inside, addresses, default route."""
        seen = self.observation
        return offers_table(seen.offers.values() if seen else ())


def parameters(namespace: Mapping[str, object]) -> GuestRequest:
    """Resolve the notebook's parameters; `namespace` is `globals()`. Contacts nothing.

    Raises ParameterError, also for a name that was injected and is no parameter's.
    """
    views.show(views.interactive_tables())
    check_names(namespace, NAMES)
    request = want(namespace)
    request.course.place()
    request.course.mark("parameters", "done")
    rows = as_table(request.params)
    shown = rows[rows["field"].isin(("address", "gateway", *OF_THE_HOST))]
    views.show(views.table(shown, Look("The host, and where each value came from")))
    for guest in request.guests:
        views.show(views.card(list(_shown(guest)), f"Guest {guest.name}"))
    return request


def _shown(guest: Guest) -> Iterator[tuple[str, object]]:
    for name in ("name", *OF_A_GUEST):
        value = getattr(guest, name)
        words = ", ".join(value) if isinstance(value, tuple) else value
        yield name, words or LEFT_OUT.get(name, words)


def want(given: Mapping[str, object]) -> GuestRequest:
    """The same from values; None stands for a value that was not given."""
    asked = {name: given[name] for name in OF_THE_HOST if given.get(name) is not None}
    own = {name: given[name] for name in OF_A_GUEST if given.get(name) is not None}
    name = given.get("guest")
    written = for_host(params_folder(), asked)
    if name is None:
        return GuestRequest(written, _all(written, own))
    entries = {guest.name: guest.model_dump() for guest in written.guests}
    known = entries.pop(str(name), {})
    if not (known or "address" in own):
        raise _no_address(written, name)
    rest = [*entries.values()]
    params = _resolved({**asked, "guests": [{**known, **own, "name": name}, *rest]})
    return GuestRequest(params, params.guests[:1])


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
        if not error.field.startswith(f"{FIRST}."):
            raise
        field = error.field.removeprefix(f"{FIRST}.")
        name = "guest" if field == "name" else field
        then = error.then.replace(error.field, name)
        raise ParameterError(name, error.value, error.problem, then) from None


@stage("host")
def meet(request: GuestRequest) -> GuestVisit:
    """Connect and say which machine this is; raises MendAccess, or InProgress with a picture."""
    clock = SystemClock()
    with views.doing(f"Connecting to {request.params.host}", clock.monotonic):
        session = about_guests(pipeline.open_session(request.params, clock), request.guests)
    stop_at_a_change(session)
    return GuestVisit(request, session)


@stage("before")
def look(reached: GuestVisit) -> Before:
    """Read the host's state, begin the record, and show every guest and how it was seen."""
    session = reached.session
    folder = record.create(outputs_folder(), session.params.host, session.change_id)
    this = Run(session, folder, reached.course)
    begin(this, "guest", " ".join(guest.name for guest in reached.request.guests))
    this.course.leave_guests = lambda: leave(this, session.subject)
    this.course.stop = lambda why: refuse(this, why)
    values = as_table(session.params).to_dict("records")
    folder.once_json("params.json", {str(r["field"]): r for r in values})
    folder.once_json("guests-asked.json", [g.model_dump() for g in reached.request.guests])
    with reading(this, "Reading the state before"):
        snapshot = pipeline.read(session)
        folder.once("before.json", snapshots.dumps(snapshot))
        bridge = facts.bridge(session.params, snapshot)
        rows = sightings.table(snapshot, _sighted(reached, snapshot, bridge))
        folder.once("guests.json", records(rows))
    views.show(views.identity(snapshot.identity), views.guests(rows, bridge))
    return Before(this, snapshot)


def _sighted(reached: GuestVisit, seen: Snapshot, bridge: str) -> tuple[Sighting, ...]:
    """Each address of each guest; the addresses that guests are to have are asked for by ARP."""
    asked = [(str(guest.ipv4.ip), bridge) for guest in reached.request.guests]
    return sightings.read(reached.session.host, seen, asked)


@stage("inside")
def enter(before: Before) -> GuestOffers:
    """Go into each guest by what it offers, and look; raises LoginRefused or ConsoleTaken."""
    this = before.run
    guests = tuple(g for sessions in this.session.subject.guest_sessions for g in sessions.guests)
    with reading(this, _going_into(guests)):
        observation = pipeline.observe(this.session, before.snapshot)
        offers = observation.offers.values()
        this.folder.again_json("inside.json", [_told(offer) for offer in offers])
    views.show(views.offers(offers))
    return GuestOffers(this, before.snapshot, observation=observation)


def _going_into(guests: tuple[Guest, ...]) -> str:
    """What is waited for, and how long at most: a console may be mute."""
    each = (f"{one.name} (console: at most {patience(one).arrive:g} s)" for one in guests)
    return f"Going into {', '.join(each)}"


def _told(offer: GuestOffer) -> dict[str, object]:
    """What was seen inside, but for whole files: those that are edited are kept by themselves."""
    seen = offer.inside
    told: dict[str, object] = {
        "guest": offer.guest,
        "way": offer.way,
        "tried": offer.tried,
        "answers": offer.answers,
    }
    if seen is None:
        return told
    names = ("ifname", "os_name", "manager", "managers", "cloud_init", "addresses")
    rest = ("default_routes", "nameservers", "dhcp_clients")
    return {**told, **{name: getattr(seen, name) for name in (*names, *rest)}}
