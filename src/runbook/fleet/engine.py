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
from runbook.fleet.ends import FleetEnd, of_run
from runbook.fleet.job import HostJob, JobResult, play
from runbook.fleet.ledger import HostEnd, Ledger, LedgerState
from runbook.fleet.order import Batches

Tell = Callable[[str], None]
Asked = Callable[[str], HostEnd]
# papermill's options that have a notebook plan and write nothing.
PLAN = ("-p", "mode", "plan")
LIMIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Engine:
    """What the batches need; `stop` is set where no further host may begin."""

    ledger: Ledger
    executor: Executor
    clock: Clock
    tell: Tell
    asked: Callable[[str, LedgerState], HostEnd]
    stop: threading.Event = field(default_factory=threading.Event)
    limit_s: float = LIMIT_S

    def plan(self, hosts: Sequence[str]) -> dict[str, HostEnd]:
        """Plan and judge for every host; nothing is written on any."""
        notebook = self.ledger.read().plan
        jobs = [self._job(host, (*notebook.options, *PLAN), ".plan") for host in hosts]
        ends = {result.host: self._planned(result) for result in self._played(jobs)}
        for end in ends.values():
            if end.plan:
                self.ledger.planned(self.clock.now(), end.host, end.plan)
        return ends

    def change(self) -> LedgerState:
        """The batches that are left, until one too many has failed."""
        for batch in self._left():
            state = self.ledger.read()
            if self.stop.is_set() or len(state.failures) > state.plan.max_failures:
                break
            self._batch(batch)
        return self.ledger.read()

    def _left(self) -> Batches:
        state = self.ledger.read()
        batches = (
            tuple(h for h in batch if not state.is_settled(h)) for batch in state.plan.batches
        )
        return tuple(batch for batch in batches if batch)

    def _batch(self, hosts: Sequence[str]) -> None:
        jobs = [self._job(host, self._options(host)) for host in hosts]
        for host in hosts:
            self.ledger.host_begins(self.clock.now(), host)
        self.tell(f"begins: {', '.join(hosts)}")
        for result in self._played(jobs):
            end = self._ended(result)
            self.ledger.host_ended(self.clock.now(), end)
            self.tell(f"{end.host}: {end.end} after {end.seconds:.0f} s{_why(end)}")

    def _options(self, host: str) -> tuple[str, ...]:
        """Those of all hosts, and that no other plan is made than the one that was shown."""
        state = self.ledger.read()
        digest = state.plans.get(host)
        # As raw text: a digest of digits alone would become a number.
        return (*state.plan.options, *(("-r", "approved", digest) if digest else ()))

    def _job(self, host: str, options: tuple[str, ...], suffix: str = "") -> HostJob:
        notebook, folder = self.ledger.read().plan.notebook, str(self.ledger.folder)
        return HostJob(host, notebook, options, folder, self.limit_s, suffix)

    def _played(self, jobs: Iterable[HostJob]) -> Iterator[JobResult]:
        running: dict[Future[JobResult], str] = {
            self.executor.submit(play, j): j.host for j in jobs
        }
        for future in as_completed(running):
            try:
                yield future.result()
            except Exception:  # noqa: BLE001 - a worker that is lost says nothing of its host
                yield JobResult(running[future], -1, {}, 0.0)

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
        found = self.asked(result.host, self.ledger.read())
        return found.model_copy(update={"seconds": result.seconds})


def _end(result: JobResult, end: FleetEnd) -> HostEnd:
    told = str(result.outcome.get("said", "")) or result.error
    said = (
        told or f"papermill ended with status {result.status}; its output is in {result.host}.log"
    )
    folder = str(result.outcome.get("folder", ""))
    return HostEnd(host=result.host, end=end, said=said, folder=folder, seconds=result.seconds)


def _digest(result: JobResult) -> str:
    """The digest of the plan that a run made; '' if it left none."""
    try:
        plan = handed_files.read(Path(str(result.outcome.get("folder", ""))) / "plan.json")
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(plan).hexdigest()


def _why(end: HostEnd) -> str:
    return "" if end.end.good else f": {end.said.partition(chr(10))[0]}"
