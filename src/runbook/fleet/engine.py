"""Goes through the batches: begins, waits, writes the ledger, stops where too many have failed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from runbook.common import handed_files
from runbook.common.clock import Clock
from runbook.fleet import window
from runbook.fleet.context import Tell
from runbook.fleet.ends import FleetEnd, of_run
from runbook.fleet.finding import last_finding
from runbook.fleet.job import (
    NO_STATUS,
    PLAN_SUFFIX,
    UNDO_S,
    HostJob,
    JobResult,
    Play,
    interrupt_of,
    is_over,
    play,
)
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger, LedgerState
from runbook.fleet.order import Batches

# papermill's options that have a notebook plan and write nothing.
PLAN = ("-p", "mode", "plan")
LIMIT_S = 3600.0
STILL = "its run did not say how it ended, and its papermill is still at work"


@dataclass(frozen=True, slots=True)
class Engine:
    """What the batches need; `stop` is set where no further host may begin.

    `asked` says how a host stands whose run did not say it; `audited` whether a host that was
    changed is still as promised.
    """

    ledger: Ledger
    executor: Executor
    clock: Clock
    tell: Tell
    asked: Callable[[str, LedgerState], HostEnd]
    audited: Callable[[HostEnd], HostEnd] = lambda end: end
    play: Play = play
    stop: threading.Event = field(default_factory=threading.Event)
    limit_s: float = LIMIT_S

    def plan(self, hosts: Sequence[str]) -> dict[str, HostEnd]:
        """Plan and judge for every host; nothing is written on any."""
        plan = self.ledger.read().plan
        jobs = [self._job(plan, h, (*plan.options_of(h), *PLAN), PLAN_SUFFIX) for h in hosts]
        ends: dict[str, HostEnd] = {}
        for result in self._played(jobs, may_stop=True):
            end = ends[result.host] = self._planned(result)
            self.ledger.planned(self.clock.now(), end)
        return ends

    def change(self) -> LedgerState:
        """The batches that are left, until one too many has failed."""
        batches = self._left()
        for number, batch in enumerate(batches):
            if not self._may_begin(self.ledger.read()):
                break
            self._batch(batch)
            self._look_again(batch, last=number + 1 == len(batches))
        return self.ledger.read()

    def _may_begin(self, state: LedgerState) -> bool:
        if self.stop.is_set() or len(state.failures) > state.plan.max_failures:
            return False
        closed = window.closed(state, self.clock.now())
        if closed:
            self.ledger.note(self.clock.now(), closed)
            self.tell(closed)
        return not closed

    def _left(self) -> Batches:
        state = self.ledger.read()
        batches = (
            tuple(h for h in batch if not state.is_settled(h)) for batch in state.plan.batches
        )
        return tuple(batch for batch in batches if batch)

    def _batch(self, hosts: Sequence[str]) -> None:
        state = self.ledger.read()
        jobs = [self._job(state.plan, host, _options(state, host)) for host in hosts]
        for host in hosts:
            self.ledger.host_begins(self.clock.now(), host)
        self.tell(f"begins: {', '.join(hosts)}")
        for result in self._played(jobs):
            end = self._ended(result)
            self.ledger.host_ended(self.clock.now(), end)
            self.tell(f"{end.host}: {end.end} after {end.seconds:.0f} s{_why(end)}")

    def _look_again(self, hosts: Sequence[str], *, last: bool) -> None:
        """Wait, then audit what the batch changed; a host that is not as promised has failed."""
        state = self.ledger.read()
        changed = [h for h in hosts if state.ended[h].end is FleetEnd.AS_PROMISED]
        if not state.plan.pause_s or not state.plan.plans_first or not changed:
            return
        if not last:
            self.tell(f"pause of {state.plan.pause_s:.0f} s, then an audit of {', '.join(changed)}")
        if self.stop.wait(0.0 if last else state.plan.pause_s):
            return
        for host in changed:
            end = self.audited(state.ended[host])
            self.ledger.audited(self.clock.now(), end)
            self.tell(f"{host}: audit: {end.end}{_why(end)}")

    def _job(
        self, plan: FleetPlan, host: str, options: tuple[str, ...], suffix: str = ""
    ) -> HostJob:
        folder = self.ledger.folder
        interrupt_of(folder, host).unlink(missing_ok=True)
        attempt = f"{self.clock.now():%Y%m%dT%H%M%S.%f}"
        return HostJob(host, plan.notebook, options, str(folder), self.limit_s, suffix, attempt)

    def _played(self, jobs: Iterable[HostJob], *, may_stop: bool = False) -> Iterator[JobResult]:
        """As they end; if `may_stop`, what has not begun when the run is to stop never begins."""
        running: dict[Future[JobResult], str] = {}
        for job in jobs:
            running |= self._submitted(job)
        for future in as_completed(running):
            if may_stop and self.stop.is_set():
                for each in running:
                    each.cancel()
                if future.cancelled():
                    continue
            try:
                yield future.result()
            except Exception as error:  # noqa: BLE001 - a worker that is lost says nothing of its host
                yield _lost(running[future], error)

    def _submitted(self, job: HostJob) -> dict[Future[JobResult], str]:
        try:
            return {self.executor.submit(self.play, job): job.host}
        except Exception as error:  # noqa: BLE001 - a scheduler that is gone takes no job
            refused: Future[JobResult] = Future()
            refused.set_exception(error)
            return {refused: job.host}

    def _planned(self, result: JobResult) -> HostEnd:
        told = of_run(str(result.outcome.get("outcome", "")), result.status)
        end = told or FleetEnd.REFUSED
        made = _end(result, end).model_copy(update={"plan": _digest(result)})
        self.tell(f"{made.host}: {made.end}{_why(made)}")
        return made

    def _ended(self, result: JobResult) -> HostEnd:
        told = of_run(str(result.outcome.get("outcome", "")), result.status)
        if told is not None:
            return _end(result, told)
        found = self._found(result)
        return found.model_copy(update={"seconds": result.seconds})

    def _found(self, result: JobResult) -> HostEnd:
        """What the host says of a run that ended without a word, or that nobody waits for."""
        if result.status == NO_STATUS:
            # Where it goes on all the same, it is to end and undo.
            interrupt_of(self.ledger.folder, result.host).touch()
            self.tell(f"{result.host}: {result.error}; the host is asked")
        return self.ask_when_over(result.host)

    def ask_when_over(self, host: str) -> HostEnd:
        """What the host says, once no papermill is at work on it."""
        if is_over(self.ledger.folder, host, self.clock, UNDO_S):
            return self.asked(host, self.ledger.read())
        return HostEnd(host=host, end=FleetEnd.UNKNOWN, said=STILL)


def _options(state: LedgerState, host: str) -> tuple[str, ...]:
    """Its options, and that no other plan is made than the one that was shown."""
    digest = state.plans.get(host)
    # As raw text: a digest of digits alone would become a number.
    approved = ("-r", "approved", digest) if digest else ()
    return (*state.plan.options_of(host), *state.plan.window_option, *approved)


def _lost(host: str, error: BaseException) -> JobResult:
    why = " ".join(str(error).split())[:200] or type(error).__name__
    return JobResult(host, NO_STATUS, {}, 0.0, f"who waited for its run is lost ({why})")


def _end(result: JobResult, end: FleetEnd) -> HostEnd:
    told = str(result.outcome.get("said", "")) or result.error
    said = (
        told or f"papermill ended with status {result.status}; its output is in {result.host}.log"
    )
    folder = str(result.outcome.get("folder", ""))
    finding = "" if end.good else last_finding(folder)
    seconds = result.seconds
    return HostEnd(
        host=result.host, end=end, said=said, folder=folder, seconds=seconds, finding=finding
    )


def _digest(result: JobResult) -> str:
    """The digest of the plan that a run made; '' if it left none."""
    try:
        plan = handed_files.read(Path(str(result.outcome.get("folder", ""))) / "plan.json")
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(plan).hexdigest()


def _why(end: HostEnd) -> str:
    if end.end.good:
        return ""
    said = end.said.partition("\n")[0]
    return f": {said}" + (f" ({end.finding})" if end.finding and end.finding not in said else "")
