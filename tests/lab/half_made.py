"""A program that makes a change as far as it is told, says so, and waits to be killed."""

from __future__ import annotations

import itertools
import sys
import time

from runbook import apply, run
from runbook.changes.steps import Step
from runbook.home import params_folder
from runbook.params import for_host
from runbook.perform import perform
from runbook.plan import PHASES
from runbook.session import Session, Underway
from runbook.transport.host import Host

READY = "ready"


def armed(session: Session) -> Underway:
    """A change with its undo on the host, and no step made."""
    before = run.read(session)
    return run.arm(session, run.preflight(session, run.plan(session, before), before))


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

    vars(apply)["perform"] = held


def main(host: str, until: str, step: str = "0") -> None:
    """Make every phase up to `until`, or up to the step."""
    session = run.open_session(for_host(params_folder(), {"host": host}))
    underway = armed(session)
    hold_at(int(step))
    for phase in PHASES[: PHASES.index(until) + 1]:
        run.apply(session, underway, phase)
    wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
