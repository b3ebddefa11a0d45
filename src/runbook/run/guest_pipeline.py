"""The order of things for guests, up to the point from which it is that of every change.

    params -> snapshot -> what each guest offers -> plan -> preflight

`run` goes on from there: checkpoint, apply, verify, confirm. Nothing here writes
on the host; into the guests somebody logs in and looks.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeVar

from runbook.apply.confirm import Confirmed
from runbook.apply.verify import Verdict
from runbook.common.clock import Clock
from runbook.common.errors import LoginRefused, Refused
from runbook.guest import facts, lan_checks, procedure
from runbook.guest.login import credentials, patience
from runbook.guest.procedure import Offer, Target
from runbook.guest.rules.case import GuestCase
from runbook.guest.rules.judge import preflight as judge_guests
from runbook.guest.sessions import Within
from runbook.params import Params
from runbook.params.guests import Guest
from runbook.plan.plan import PHASES, Plan
from runbook.run import pipeline
from runbook.run.session import HostSession, Ready, Session
from runbook.state.guest import sightings
from runbook.state.guest.sightings import Sighting
from runbook.state.host import environment, probes
from runbook.state.snapshot import Snapshot
from runbook.transport.guest.channel import AGENT, Channel
from runbook.transport.guest.login import Remembered
from runbook.transport.guest.open_channel import Ways, open_channel
from runbook.transport.host import Host

S = TypeVar("S", bound=HostSession)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan, and the guests that it was made of."""

    plan: Plan
    targets: tuple[Target, ...]


def guests(params: Params, chosen: tuple[Guest, ...]) -> Confirmed | Plan:
    """The whole procedure; the plan alone where every guest is as promised already."""
    session = open_session(params, chosen)
    with closing(within(session)):
        pipeline.stand_clear(session)
        before = pipeline.read(session)
        drawn = plan(session, before, offers(session, before))
        if drawn.plan.empty:
            return drawn.plan
        underway = pipeline.arm(session, preflight(session, drawn, before))
        try:
            for phase in PHASES:
                applied = pipeline.apply(session, underway, phase)
            return pipeline.confirm(session, pipeline.verify(session, underway, applied))
        except BaseException as error:
            pipeline.roll_back(session, underway, why=str(error) or type(error).__name__)
            raise


def open_session(params: Params, chosen: tuple[Guest, ...], clock: Clock | None = None) -> Session:
    """Connect to the host; no guest is entered yet, and nothing is changed."""
    session = pipeline.open_session(params, clock)
    return with_guests(session, chosen)


def with_guests(session: S, chosen: tuple[Guest, ...]) -> S:
    """The same session, able to go into these guests; a password is asked for once a guest."""
    passwords, by_agent = Remembered(), set[str]()

    def enter(host: Host, guest: Guest) -> Channel:
        ways = Ways(secrets.token_hex(4), patience=patience(guest, by_agent=guest.name in by_agent))
        who = passwords.of(guest.name, credentials(guest))
        try:
            channel = open_channel(host.doors(guest.name), who, ways, clock=session.clock)
        except LoginRefused:
            passwords.forget(guest.name)
            raise
        if channel.how == AGENT:
            by_agent.add(guest.name)
        return channel

    return replace(session, within=Within(session.params, chosen, enter, session.clock))


def within(session: HostSession) -> Within:
    """The session's guests."""
    if session.within is None:
        raise TypeError("this session is about the host alone")
    return session.within


def sighted(session: Session, before: Snapshot) -> tuple[Sighting, ...]:
    """Each address that a guest of the host was seen with; what is wanted is asked for by ARP."""
    bridge = facts.bridge(session.params, before)
    asked = [(str(guest.ipv4.ip), bridge) for guest in within(session).guests]
    return sightings.read(session.host, before, asked)


def offers(session: Session, before: Snapshot) -> dict[str, Offer]:
    """Go into each running guest, and see who answers for the address that it is to have.

    Raises LoginRefused or ConsoleTaken; what merely does not lead inside is told by the offer.
    """
    bridge = facts.bridge(session.params, before)
    return {guest.name: _offer(session, guest, before, bridge) for guest in within(session).guests}


def _offer(session: Session, guest: Guest, before: Snapshot, bridge: str) -> Offer:
    wanted = procedure.wanted(session.params, guest, before)
    answers = session.host.who_has(str(guest.ipv4.ip), bridge)
    if facts.state(guest, before) != "running":
        return Offer(guest.name, answers=answers)
    offered = within(session).offer(session.host, wanted, answers)
    has = offered.inside.addresses if offered.inside else facts.neighbours(wanted.mac, before)
    return replace(offered, heard=lan_checks.heard_before(session.host, session.params, has))


def plan(session: Session, before: Snapshot, offered: Mapping[str, Offer]) -> Drawn:
    """What there is to do."""
    params, inside = session.params, within(session)
    targets = procedure.targets(params, inside.guests, before, offered)
    inside.hold(targets)
    return Drawn(procedure.make_plan(params, targets, before), targets)


def nothing_to_do(session: Session, drawn: Drawn, before: Snapshot) -> Verdict:
    """That all is as promised, seen from inside and outside; raises Refused if it is not."""
    promise = drawn.plan.of_guests
    checks = within(session).checks(session.host, promise, before)
    verdict = Verdict((*promise.checks(before), *checks))
    if not verdict.kept:
        lines = "\n".join(
            f"  - {c.about}: promised {c.promised}, seen {c.seen}" for c in verdict.broken
        )
        raise Refused(
            f"every guest is configured as promised, and yet not all is so:\n{lines}",
            host=session.params.host,
            state="nothing was written by this run",
            then="mend each line: restart the guest's network, or look at what filters its packets",
        )
    return verdict


def preflight(session: Session, drawn: Drawn, before: Snapshot) -> Ready:
    """Whether it may be done; raises RefusedByPreflight with every finding."""
    pipeline.stand_clear(session)
    params, promise = session.params, drawn.plan.of_guests
    place = (params.interface, str(params.ipv4.ip))
    around = environment.read(session.host, *place, drawn.plan.programs)
    cleared = judge_guests(GuestCase(params, drawn.plan, before, around, drawn.targets))
    asked = (params.gateway, params.probes, promise.nic, promise.bridge)
    return Ready(cleared, probes.probe(session.host, *asked))
