"""The command `runbook fleet`: a fleet run begun or resumed at a terminal."""

from __future__ import annotations

from dataclasses import replace

from runbook.fleet import messages
from runbook.fleet.context import FleetContext
from runbook.fleet.ends import worst
from runbook.fleet.engine import Engine
from runbook.fleet.options import FleetWish, plan_of
from runbook.fleet.progress import FleetProgress
from runbook.fleet.run import FleetRun, again, new

# So often a terminal is told how far the hosts at work are.
TOLD_S = 30.0


def begin(wish: FleetWish, desk: FleetContext, scheduler: str = "") -> int:
    """Plan for all hosts, then change them batch by batch; return the exit status."""
    desk = _telling(desk)
    run = new(plan_of(wish, desk.params), desk, scheduler)
    desk.tell(messages.began(run.ledger.read(), run.ledger.folder))
    with run.at_work() as engine:
        planned = run.plan(engine)
        if planned:
            desk.tell(messages.table("The plans", planned.values()))
        refused = messages.refused_of(planned) if not wish.despite_refusals else []
        if refused:
            desk.tell(messages.refused(refused))
        if refused or wish.plan_only:
            return worst(end.end for end in planned.values())
        if engine.stop.is_set():
            return run.status
        run.settle(planned)
        return _changed(run, engine)


def resume(fleet_id: str, desk: FleetContext, scheduler: str = "") -> int:
    """Go on with a run that was stopped, interrupted or killed; return the exit status."""
    desk = _telling(desk)
    run = again(fleet_id, desk, scheduler)
    with run.at_work() as engine:
        stuck = run.ask_the_open(engine)
        if stuck:
            desk.tell(messages.table("These hosts need a person first", stuck))
            return worst(end.end for end in stuck)
        # Anew, for the hosts that are left: one that failed may have been mended since.
        planned = run.plan(engine)
        if planned:
            desk.tell(messages.table("The plans", planned.values()))
        refused = messages.refused_of(planned)
        if refused:
            desk.tell(messages.refused(refused))
            return worst(end.end for end in refused)
        if engine.stop.is_set():
            return run.status
        run.try_again()
        run.settle(planned)
        return _changed(run, engine)


def _changed(run: FleetRun, engine: Engine) -> int:
    state = engine.change()
    run.desk.tell(messages.table("The fleet", messages.ends(state)))
    run.desk.tell(messages.last_word(state, run.ledger.folder))
    return run.status


def _telling(desk: FleetContext) -> FleetContext:
    """The desk that also says every 30 s how far each host at work is."""
    remaining_s = [desk.clock.monotonic()]

    def draw(found: FleetProgress) -> None:
        now = desk.clock.monotonic()
        if found.at_work and now - remaining_s[0] >= TOLD_S:
            remaining_s[0] = now
            desk.tell(messages.at_work(found))

    return replace(desk, draw=draw)
