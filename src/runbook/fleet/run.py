"""A fleet run in its stages, for the command and for the notebook: plan, then change.

Every stage reads the ledger and writes it, so a stage may be played by another program than the
one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from runbook.common.atomic_files import make_folder
from runbook.common.errors import CorrectParameters
from runbook.fleet import ask
from runbook.fleet.batch_audit import audited
from runbook.fleet.context import FleetContext
from runbook.fleet.ends import UNFINISHED, FleetEnd, worst
from runbook.fleet.engine import Engine
from runbook.fleet.interrupts import interruptible
from runbook.fleet.job import INTERRUPT
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger, LedgerState
from runbook.fleet.options import refuse_another_notebook
from runbook.fleet.trust import RUN, refuse_a_strangers, refuse_an_odd
from runbook.fleet.watch import watched
from runbook.fleet.workers import workers

# No host's folder can have this name.
FOLDER = "_fleet"


@dataclass(frozen=True, slots=True)
class FleetRun:
    """A fleet run; `scheduler` is the address of Dask's, '' for none."""

    ledger: Ledger
    desk: FleetContext
    scheduler: str = ""

    @contextmanager
    def at_work(self) -> Iterator[Engine]:
        """For one stage: nobody else is at work on the run, and Ctrl-C is heard."""
        plan = self.ledger.read().plan
        with (
            self._alone(),
            workers(plan, self.ledger, self.scheduler) as crew,
        ):
            asks = (self._asked, self._audited, crew.play)
            engine = Engine(self.ledger, crew.executor, self.desk.clock, self.desk.tell, *asks)
            with (
                interruptible(engine, self.standing, self.desk),
                watched(self.ledger, self.desk),
            ):
                yield engine

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self.ledger.alone():
            # What told the runs of an earlier stage to stop is not for those of this one.
            (self.ledger.folder / INTERRUPT).unlink(missing_ok=True)
            yield

    def plan(self, engine: Engine) -> Mapping[str, HostEnd]:
        """Plan for each host that is left, where the notebook can and write nothing."""
        state = self.ledger.read()
        if not state.plan.plans_first:
            return {}
        return engine.plan([host for host in state.plan.hosts if not state.is_settled(host)])

    def settle(self, planned: Mapping[str, HostEnd]) -> None:
        """What needs no run, or may have none, gets its end at once."""
        for end in planned.values():
            if end.end is not FleetEnd.PLANNED:
                self.ledger.host_ended(self.desk.clock.now(), end)

    def ask_the_open(self, engine: Engine) -> list[HostEnd]:
        """Ask each host whose run was cut off or left open; return those that need a person."""
        state = self.ledger.read()
        doubtful = [host for host, end in state.ended.items() if end.end.needs_a_person]
        for host in (*state.open, *doubtful):
            end = self._end_now(engine, state, host)
            self.ledger.host_ended(self.desk.clock.now(), end)
            self.desk.tell(f"{host}: {end.end}: {end.said}")
        return [end for end in self.ledger.read().failures if end.end.needs_a_person]

    def try_again(self) -> None:
        """A host that failed is tried again: the operator has asked for it."""
        for end in self.ledger.read().failures:
            again = end.model_copy(update={"end": FleetEnd.PLANNED})
            self.ledger.host_ended(self.desk.clock.now(), again)

    @property
    def status(self) -> int:
        """The exit status by what the ledger says now."""
        state = self.ledger.read()
        left = any(not state.is_settled(host) for host in state.plan.hosts)
        return worst(end.end for end in state.ended.values()) or (UNFINISHED if left else 0)

    def _end_now(self, engine: Engine, state: LedgerState, host: str) -> HostEnd:
        end = state.ended.get(host)
        if end and end.end is FleetEnd.DRIFTED:
            return self._audited(end)
        self.desk.tell(f"{host}: its run did not say how it ended; the host is asked")
        return engine.ask_when_over(host)

    def _asked(self, host: str, state: LedgerState) -> HostEnd:
        return ask.settled(host, state.since(host), self.desk.params, self.desk.clock)

    def _audited(self, end: HostEnd) -> HostEnd:
        return audited(end, self.desk.params, self.desk.outputs, self.desk.clock)

    def standing(self, host: str) -> str:
        """What is armed on the host now, in a sentence."""
        return ask.in_words(host, self.desk.params, self.desk.clock)


def new(plan: FleetPlan, desk: FleetContext, scheduler: str = "") -> FleetRun:
    """A new run in a folder of its own; raises CorrectParameters."""
    folder = desk.outputs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{desk.clock.now():%Y%m%dT%H%M%SZ}"
    try:
        make_folder(made)
    except FileExistsError:
        raise CorrectParameters(
            f"a fleet run {made.name} began in this second",
            state="no host was asked anything",
            then="run again",
        ) from None
    ledger = Ledger(made)
    ledger.begin(desk.clock.now(), plan)
    return FleetRun(ledger, desk, scheduler)


def again(fleet_id: str, desk: FleetContext, scheduler: str = "") -> FleetRun:
    """A run that was stopped, interrupted or killed; raises CorrectParameters."""
    ledger = Ledger(desk.outputs / FOLDER / fleet_id)
    if not RUN.fullmatch(fleet_id) or not ledger.folder.is_dir():
        raise CorrectParameters(
            f"there is no fleet run {fleet_id}",
            state="no host was asked anything",
            then=f"`ls {desk.outputs / FOLDER}` names the runs that there are",
        )
    refuse_a_strangers(ledger.folder)
    with ledger.alone():
        state = ledger.read()
        refuse_an_odd(ledger, state)
        refuse_another_notebook(state.plan)
    return FleetRun(ledger, desk, scheduler)
