"""Who waits for papermill: threads of this program, or workers of Dask on any machines.

Dask is an optional package. Only this module knows it. A run is handed out once: the scheduler has
to be told so too, since by itself it gives the work of a lost worker to the next one.

What goes between them are pickles: who can speak to a scheduler or answer for one runs commands
on all these machines, with keys that are root on each host. So it goes by TLS, or stays here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from runbook.common.errors import CorrectParameters
from runbook.common.printable import printable
from runbook.fleet.job import Play, play
from runbook.fleet.ledger import FleetPlan, Ledger
from runbook.fleet.warm import Warm

CONNECT_S = 10.0
# A change's number begins with the time of the machine that makes it.
CLOCKS_APART_S = 30.0
ONCE = "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0"
# By TLS Dask takes nobody without a certificate of its own CA.
_GUARDED = re.compile(r"tls://\S+|tcp://(?:127(?:\.[0-9]{1,3}){3}|\[::1\]|localhost):[0-9]{1,5}")


class WorkerSight(NamedTuple):
    """What a worker has: a version of runbook, the digests of ledger and notebook, the time."""

    version: str
    ledger: str
    notebook: str
    at: datetime


class Workers(NamedTuple):
    """Who waits for the runs, and what each of them does with a job."""

    executor: Executor
    play: Play


@contextmanager
def workers(plan: FleetPlan, ledger: Ledger, scheduler: str = "") -> Iterator[Workers]:
    """Those of the scheduler at this address; without one, a thread for each host of a batch.

    Raises CorrectParameters if the scheduler or one of its workers cannot be used.
    """
    if scheduler:
        with _of_dask(plan, ledger, scheduler) as executor:
            # A worker of Dask has threads of its own, so each run is a new program there.
            yield Workers(executor, play)
        return
    # The process that forks the runs ends last: they undo their changes when it ends.
    with (
        closing(Warm(plan.notebook)) as warm,
        ThreadPoolExecutor(max(len(batch) for batch in plan.batches)) as executor,
    ):
        yield Workers(executor, partial(play, start=warm.start))


@contextmanager
def _of_dask(plan: FleetPlan, ledger: Ledger, scheduler: str) -> Iterator[Executor]:
    refuse_unguarded(scheduler)
    client = _client(scheduler)
    try:
        _refuse_retries(client, scheduler)
        seen = client.run(sight, str(ledger.path), plan.notebook, on_error="return")
        refuse_unfit(seen, sight(str(ledger.path), plan.notebook), scheduler)
        # Not in a `with`: its end would wait for runs that a third Ctrl-C leaves.
        executor: Executor = client.get_executor(retries=0, pure=False)
        yield executor
    finally:
        client.close(timeout=CONNECT_S)


def refuse_unguarded(scheduler: str) -> None:
    """Raise CorrectParameters for a way on which anybody can answer for the scheduler."""
    if _GUARDED.fullmatch(scheduler):
        return
    raise _unfit(
        f"the scheduler {printable(scheduler)} would be spoken to without TLS: anybody who can"
        " answer for it runs commands here, and anybody who reaches it runs them on its workers",
        "give scheduler, workers and this machine certificates (docs/howto/many-hosts.md) and an"
        " address that begins with tls://; on one machine alone tcp://127.0.0.1:PORT will do",
    )


def _client(scheduler: str) -> Any:  # noqa: ANN401 - distributed has no types
    try:
        from distributed import Client  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        raise _unfit(
            "--scheduler needs the package distributed, which is not installed",
            "install it with `pip install 'runbook[dask]'`, or leave --scheduler out",
        ) from None
    try:
        return Client(scheduler, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]  # likewise
    except Exception as error:
        why = " ".join(str(error).split())[:200]
        raise _unfit(
            f"no Dask scheduler answers at {scheduler}: {why}",
            "start one with `dask scheduler`; its address looks like tls://172.16.0.9:8786",
        ) from error


def _refuse_retries(client: Any, scheduler: str) -> None:  # noqa: ANN401 - likewise
    allowed = client.run_on_scheduler(allowed_failures)
    if allowed != 0:
        raise _unfit(
            f"the scheduler {scheduler} gives the run of a lost worker to another worker,"
            f" up to {allowed} times",
            f"start it so: {ONCE} dask scheduler",
        )


def allowed_failures(dask_scheduler: Any) -> int:  # noqa: ANN401 - likewise; Dask wants this name
    """How often the scheduler hands out a run again."""
    return int(dask_scheduler.allowed_failures)


def sight(ledger: str, notebook: str) -> WorkerSight:
    """What the worker that runs this sees; raises OSError if it sees no such file."""
    return WorkerSight(
        metadata.version("runbook"), _digest(ledger), _digest(notebook), datetime.now(UTC)
    )


def refuse_unfit(seen: Mapping[str, object], here: WorkerSight, scheduler: str) -> None:
    """Raise CorrectParameters if there is no worker, or one that would run something else."""
    if not seen:
        raise _unfit(
            f"the scheduler {scheduler} has no worker",
            f"start one on a machine that reaches the hosts: `dask worker {scheduler}`",
        )
    for worker, told in seen.items():
        if why := _unfit_for(told, here):
            raise _unfit(
                f"the worker {worker} cannot be used: {why}",
                "start it in an environment with this version of runbook, on a machine that has"
                " the folders of this run at the same path (for example by NFS)",
            )


def _unfit_for(told: object, here: WorkerSight) -> str:
    if not isinstance(told, WorkerSight):
        return _failed(told)
    if told.version != here.version:
        return f"it has runbook {told.version}, and this is {here.version}"
    if (told.ledger, told.notebook) != (here.ledger, here.notebook):
        return "at the same path it sees another folder or another notebook"
    apart = abs((told.at - here.at).total_seconds())
    if apart > CLOCKS_APART_S:
        return f"its clock and this one are {apart:.0f} s apart"
    return ""


def _failed(told: object) -> str:
    if isinstance(told, ModuleNotFoundError):
        return "runbook is not installed there"
    if isinstance(told, OSError):
        return f"it does not see {told.filename}"
    return " ".join(str(told).split())[:200]


def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _unfit(why: str, then: str) -> CorrectParameters:
    return CorrectParameters(why, state="no host was asked anything", then=then)
