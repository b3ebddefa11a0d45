"""The cells that find guests and go into them. They write nothing, on the host or inside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from runbook import views
from runbook.common.clock import SystemClock
from runbook.common.folders import outputs_folder
from runbook.guest import facts
from runbook.guest.login import patience
from runbook.guest.target import GuestOffer
from runbook.notebook.guest.request import GuestRequest
from runbook.notebook.routed.look import stop_at_a_change
from runbook.notebook.shared.cell_value import FrameProperty
from runbook.notebook.shared.ending import reading
from runbook.notebook.shared.leave_guests import leave
from runbook.notebook.shared.runs import Run
from runbook.notebook.shared.sealing import begin
from runbook.notebook.shared.stages import stage
from runbook.notebook.shared.stopping import refuse
from runbook.notebook.shared.undoing import records
from runbook.notebook.shared.values import Before, ChangeVisit
from runbook.params import as_document
from runbook.run import pipeline, record
from runbook.run.subject_guests import about_guests
from runbook.state import guests
from runbook.state import snapshot as snapshots
from runbook.state.guest import sightings
from runbook.state.guest.sightings import Sighting
from runbook.state.guests import GuestRow, TapRow
from runbook.state.snapshot import Snapshot
from runbook.views.guests import offers_table


@dataclass(frozen=True, slots=True, repr=False)
class GuestVisit(ChangeVisit):
    """A host that answers, and the guests that libvirt has there."""

    request: GuestRequest
    guests: tuple[GuestRow, ...] = ()
    taps: tuple[TapRow, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class GuestOffers(Before):
    """The state before, and what each guest offers."""

    @FrameProperty
    def offers(self) -> pd.DataFrame:
        """One row a guest.

        Columns: guest, way inside, system, NIC inside, addresses, default route, name servers.
        """
        seen = self.observation
        return offers_table(seen.offers.values() if seen else ())


@stage("host")
def meet(request: GuestRequest) -> GuestVisit:
    """Connect and say which machine this is; raises MendAccess, or InProgress with a picture."""
    clock = SystemClock()
    with views.doing(f"Connecting to {request.params.host}", clock.monotonic):
        session = pipeline.open_session(request.params, clock)
        session = replace(session, change_request=request.change_request)
    stop_at_a_change(session)
    return GuestVisit(request, session, guests.read(session.host), guests.read_taps(session.host))


@stage("before")
def look(reached: GuestVisit) -> Before:
    """Read the host's state, begin the record, and show every guest and how it was seen."""
    session = about_guests(reached.session, reached.request.guests)
    folder = record.create(outputs_folder(), session.params.host, session.change_id)
    this = Run(session, folder, reached.course)
    names = " ".join(guest.name for guest in reached.request.guests)
    begin(this, "guest", names, request=session.change_request)
    this.course.leave_guests = lambda: leave(this, session.subject)
    this.course.stop = lambda why: refuse(this, why)
    folder.once_json("params.json", as_document(session.params))
    folder.once_json("guests-asked.json", [g.model_dump() for g in reached.request.guests])
    with reading(this, "Reading the state before"):
        snapshot = pipeline.read(session)
        folder.once("before.json", snapshots.dumps(snapshot))
        bridge = facts.bridge(session.params, snapshot)
        rows = sightings.table(snapshot, _sighted(reached, snapshot, bridge))
        folder.once("guests.json", records(rows))
    views.show(views.identity(snapshot.identity), views.guests(rows, bridge))
    return Before(this, snapshot)


def _sighted(reached: GuestVisit, snapshot: Snapshot, bridge: str) -> tuple[Sighting, ...]:
    """Each address of each guest; the addresses that guests are to have are asked for by ARP."""
    asked = [(str(guest.ipv4.ip), bridge) for guest in reached.request.guests]
    return sightings.read(reached.session.host, snapshot, asked)


@stage("inside")
def enter(before: Before) -> GuestOffers:
    """Go into each guest by what it offers, and look; raises LoginRefused or ConsoleTaken."""
    run = before.run
    guests = tuple(g for sessions in run.session.subject.guest_sessions for g in sessions.guests)
    names = ", ".join(guest.name for guest in guests)
    # A console may be mute, and the guests are entered one after the other.
    most = sum(patience(guest).arrive for guest in guests)
    with reading(run, f"Going into {names}", at_most_s=most):
        observation = pipeline.observe(run.session, before.snapshot)
        offers = observation.offers.values()
        run.folder.again_json("inside.json", [_told(offer) for offer in offers])
    views.show(views.offers(offers))
    return GuestOffers(run, before.snapshot, observation=observation)


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
