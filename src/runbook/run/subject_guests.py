"""A change of guests: what each stage of the pipeline does. Nothing is written before `arm`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from runbook.apply.checkpoint.arm import Armed
from runbook.apply.checkpoint.deadline import DeadlineMove, DeadlineWish, Now
from runbook.apply.rollback import Rollback
from runbook.apply.steps import journal
from runbook.apply.verify import Verdict, still_answering
from runbook.common.clock import Clock
from runbook.common.errors import ConsoleTaken, LoginRefused, Refused
from runbook.guest import deadlines, facts, lan_checks
from runbook.guest.deadlines import MovedDeadlines, not_moved
from runbook.guest.login import credentials, patience
from runbook.guest.procedure import make_plan
from runbook.guest.rules.case import GuestCase
from runbook.guest.rules.judge import preflight
from runbook.guest.sessions import GuestSessions
from runbook.guest.target import GuestOffer, targets
from runbook.params import KnownHost, Params
from runbook.params.guests import Guest
from runbook.plan.changes.steps import Step
from runbook.plan.plan import Plan
from runbook.preflight import Cleared
from runbook.run import undo as undoing
from runbook.run.session import ChangeSession
from runbook.run.subject import Observation, UnjudgedPlan
from runbook.run.undo import UndoConnection
from runbook.state.guest.inside import Inside
from runbook.state.host import probes
from runbook.state.host.environment import Surroundings
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot
from runbook.transport.guest.channel import AGENT, Channel
from runbook.transport.guest.login import Credentials, Remembered
from runbook.transport.guest.open_channel import ChannelOptions, open_channel
from runbook.transport.host import Host

# A step inside a guest is waited for this long; a longer one is not.
TURN_S = 20.0
# A console that is taken is tried again after this pause.
AGAIN_S = 2.0
S = TypeVar("S", bound=ChangeSession)

# How often a person may type the password of a guest that refuses it.
TYPED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class TakenConsole:
    """How long to wait for a console that somebody else has open, and who that may be."""

    patience_s: float
    whose: str

    def wait(self, attempt: Callable[[], Channel], clock: Clock) -> Channel:
        """The channel, once the console is free; raises ConsoleTaken if it stays taken."""
        end = clock.monotonic() + self.patience_s
        while True:
            try:
                return attempt()
            except ConsoleTaken as error:
                if clock.monotonic() >= end:
                    more = f"; it was not free within {self.patience_s:.0f} s; {self.whose}"
                    raise error.telling(more) from error
            clock.sleep(AGAIN_S)


@dataclass(frozen=True, slots=True)
class GuestSubject:
    """Guests of the host, and what is open into them."""

    sessions: GuestSessions

    @property
    def guest_sessions(self) -> tuple[GuestSessions, ...]:
        """What is open into these guests."""
        return (self.sessions,)

    def observe(self, host: Host, params: Params, before: Snapshot) -> Observation:
        """Go into each running guest, and see who answers for the address that it is to have.

        Raises LoginRefused or ConsoleTaken. A way that does not lead inside is listed in the offer.
        """
        bridge = facts.bridge(params, before)
        offers = (
            self._offer(host, params, guest, before, bridge) for guest in self.sessions.guests
        )
        return Observation(offers={offer.guest: offer for offer in offers})

    def _offer(
        self, host: Host, params: Params, guest: Guest, before: Snapshot, bridge: str
    ) -> GuestOffer:
        desired = facts.desired(params, guest, before)
        answers = host.who_has(str(guest.ipv4.ip), bridge)
        if facts.state(guest, before) != "running":
            return GuestOffer(guest.name, answers=answers)
        offered = self.sessions.offer(host, desired, answers)
        has = offered.inside.addresses if offered.inside else facts.neighbours(desired.mac, before)
        return replace(offered, heard=lan_checks.first_answering(host, params, has))

    def plan(self, params: Params, before: Snapshot, observation: Observation) -> UnjudgedPlan:
        """What there is to do on the host for its guests, and inside them."""
        guests = targets(params, self.sessions.guests, before, observation.offers)
        self.sessions.hold(guests)
        return UnjudgedPlan(make_plan(params, guests, before), guests)

    def standing(self, host: Host, draft: UnjudgedPlan, before: Snapshot) -> Verdict:
        """Seen from inside and outside; raises Refused if not all is as promised."""
        promise = draft.plan.of_guests
        checks = self.sessions.checks(host, promise, before)
        verdict = Verdict((*promise.checks(before), *checks))
        if not verdict.passed:
            raise Refused(
                f"every guest is configured as promised, but these checks fail:\n{verdict.reasons}",
                host=draft.plan.host,
                state="nothing was written by this run",
                then="fix each line: restart the guest's network,"
                " or look at what filters its packets",
            )
        return verdict

    def judge(
        self, params: Params, draft: UnjudgedPlan, before: Snapshot, around: Surroundings
    ) -> Cleared:
        """By the rules about any change, and those about guests."""
        return preflight(GuestCase(params, draft.plan, before, around, draft.targets))

    def probe(self, host: Host, params: Params, plan: Plan) -> Probed:
        """What the host reaches, over the bridge that it is on already."""
        promise = plan.of_guests
        asked = (params.gateway, params.probes, promise.nic, promise.bridge)
        return probes.probe(host, *asked)

    def inside(self) -> Mapping[str, Inside] | None:
        """How each guest is that somebody was inside of."""
        return self.sessions.before()

    def perform(self, step: Step, host: Host, armed: Armed) -> None:
        """Make one step, inside a guest or on its host."""
        self.sessions.perform(step, host, armed)

    def move(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> DeadlineMove:
        """The host's deadline for a step, and each guest's."""
        return self.sessions.move(armed, host, wish, now)

    def verdict(
        self, host: Host, params: KnownHost, plan: Plan, probed: Probed, now: Snapshot
    ) -> Verdict:
        """The host's state, each guest from inside and from outside, and the probes."""
        del params
        promise = plan.of_guests
        again = probes.probe_again(host, probed, promise.nic, promise.bridge)
        checks = self.sessions.checks(host, promise, now)
        return Verdict((*promise.checks(now), *checks, *still_answering(probed, again)))

    def confirm(self, armed: Armed, host: Host, now: datetime) -> None:
        """Have each guest keep its change: if the host's part does not stay, it is put back."""
        # Whoever comes after a program that died here has to know that guests may keep their part.
        guarded = host.guarded(armed.layout.lock, armed.layout.open)
        journal.write(guarded, armed.layout.journal, now, journal.GUESTS_CONFIRM)
        self.sessions.confirm(host)

    def postpone(self, armed: Armed, host: Host, wish: DeadlineWish, now: Now) -> MovedDeadlines:
        """The host's deadline and each guest's; raises NotMoved while a step is made inside."""
        try:
            with self.sessions.visit(TURN_S):
                return deadlines.move(self.sessions.armed(), armed, host, wish, now)
        except BlockingIOError as error:
            raise not_moved(
                host,
                "a step is at work inside a guest, whose console takes one at a time",
                "press it again once the step is done",
            ) from error

    def put_back(self, way: UndoConnection, undo: Callable[[], Rollback]) -> Rollback:
        """The host, and then the guests."""
        return undoing.put_back(self.sessions, way, undo)

    def close(self) -> None:
        """Leave every guest."""
        self.sessions.close()


def about_guests(session: S, chosen: tuple[Guest, ...], taken: TakenConsole | None = None) -> S:
    """The same session, able to go into these guests; a password is asked for once a guest.

    No guest is entered yet. With `taken`, a console that somebody else has open is waited for.
    """
    passwords, by_agent = Remembered(), set[str]()

    def opened(host: Host, guest: Guest, who: Credentials, ways: ChannelOptions) -> Channel:
        def once() -> Channel:
            return open_channel(host.doors(guest.name), who, ways, clock=session.clock)

        return taken.wait(once, session.clock) if taken else once()

    def enter(host: Host, guest: Guest) -> Channel:
        ways = ChannelOptions(
            secrets.token_hex(4), patience=patience(guest, by_agent=guest.name in by_agent)
        )
        for attempt in range(TYPED_AT_MOST):
            who = passwords.of(guest.name, credentials(guest, again=attempt > 0))
            try:
                channel = opened(host, guest, who, ways)
            except LoginRefused:
                passwords.forget(guest.name)
                # A typing error costs no run; a password from a file would only be refused again.
                if not who.typed or attempt == TYPED_AT_MOST - 1:
                    raise
            else:
                break
        if channel.how == AGENT:
            by_agent.add(guest.name)
        return channel

    sessions = GuestSessions(session.params, chosen, enter, session.clock)
    return replace(session, subject=GuestSubject(sessions))
