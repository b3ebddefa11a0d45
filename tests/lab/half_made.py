"""A program that makes a change as far as it is told, says so, and waits to be killed."""

from __future__ import annotations

import itertools
import sys
import time

from tests import stages

from runbook.apply import phases
from runbook.apply.steps.perform import perform
from runbook.common.folders import params_folder
from runbook.params import for_host
from runbook.plan.changes.steps import Step
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.session import Session, Underway
from runbook.transport.host import Host

READY = "ready"


def armed(session: Session) -> Underway:
    """A change with its undo on the host, and no step made."""
    before = pipeline.read(session)
    return pipeline.arm(session, pipeline.preflight(session, stages.draft(session, before), before))


def wait() -> None:
    """Until somebody kills this."""
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    time.sleep(600)


def hold_at(number: int) -> None:
    """Wait once step `number` is on the journal, and before it is made."""
    count = itertools.count(1)

    def held(step: Step, host: Host) -> None:
        if next(count) == number:
            wait()
        perform(step, host)

    vars(phases)["perform"] = held


def main(host: str, until: str, step: str = "0") -> None:
    """Make every phase up to `until`, or up to the step."""
    session = pipeline.open_session(for_host(params_folder(), {"host": host}))
    underway = armed(session)
    hold_at(int(step))
    for phase in PHASES[: PHASES.index(until) + 1]:
        pipeline.apply(session, underway, phase)
    wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
