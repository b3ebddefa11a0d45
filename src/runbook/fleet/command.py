"""The command `runbook fleet`: a fleet run begun or resumed at a terminal."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from papermill.inspection import inspect_notebook

from runbook.common.atomic_files import make_folder
from runbook.common.clock import Clock
from runbook.common.errors import CorrectParameters
from runbook.common.redact import redact
from runbook.fleet import ask, messages
from runbook.fleet.ends import FleetEnd, worst
from runbook.fleet.engine import Engine, Tell
from runbook.fleet.hosts import FleetHost, by_patterns, from_inventory
from runbook.fleet.interrupts import interruptible
from runbook.fleet.job import INTERRUPT
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger, LedgerState
from runbook.fleet.order import batch_size, batches
from runbook.fleet.trust import MOST_AT_ONCE, RUN, is_option, refuse_a_strangers, refuse_an_odd
from runbook.params import listing

# No host's folder can have this name.
FOLDER = "_fleet"


@dataclass(frozen=True, slots=True)
class FleetWish:
    """What the operator asked for at the command line."""

    notebook: Path
    patterns: tuple[str, ...]
    inventory: str
    options: tuple[tuple[str, str], ...]
    canary: int
    batch: str
    max_failures: int
    apart: tuple[str, ...]
    last: tuple[str, ...]
    despite_refusals: bool = False
    plan_only: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the fleet is run from: its folders, its clock, and who reads its lines."""

    params: Path
    outputs: Path
    clock: Clock
    tell: Tell


def begin(wish: FleetWish, desk: Desk) -> int:
    """Plan for all hosts, then change them batch by batch; return the exit status."""
    hosts = _hosts(wish, desk.params)
    local = tuple(
        each.host for each in listing(desk.params) if each.known and each.known.connect == "local"
    )
    plan = _plan(wish, hosts, local)
    ledger = _new(desk)
    with ledger.alone(), _executor(plan) as executor:
        ledger.begin(desk.clock.now(), plan)
        desk.tell(f"{len(plan.hosts)} hosts; the folder of this fleet run is {ledger.folder}")
        engine = _engine(ledger, executor, desk)
        with interruptible(engine, desk.tell):
            planned = _plans(engine, plan.hosts, desk)
            status = worst(end.end for end in planned.values())
            refused = [end for end in planned.values() if not end.end.good]
            if refused and not wish.despite_refusals:
                desk.tell(messages.refused(refused))
                return status
            if wish.plan_only or engine.stop.is_set():
                return status
            _settle(ledger, planned, desk)
            return _changed(engine, desk)


def resume(fleet_id: str, desk: Desk) -> int:
    """Go on with a run that was stopped, interrupted or killed; return the exit status."""
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
        _same_notebook(state.plan)
        (ledger.folder / INTERRUPT).unlink(missing_ok=True)
        with _executor(state.plan) as executor:
            engine = _engine(ledger, executor, desk)
            _ask_the_open(engine, desk)
            stuck = [
                e for e in ledger.read().failures if e.end in (FleetEnd.ARMED, FleetEnd.UNKNOWN)
            ]
            if stuck:
                desk.tell(messages.table("These hosts need a person first", stuck))
                return worst(end.end for end in stuck)
            with interruptible(engine, desk.tell):
                return _go_on(engine, desk)


def _go_on(engine: Engine, desk: Desk) -> int:
    """Plan anew for the hosts that are left; one that failed may have been mended since."""
    state = engine.ledger.read()
    left = [host for host in state.plan.hosts if not state.is_settled(host)]
    planned = _plans(engine, left, desk)
    refused = [end for end in planned.values() if not end.end.good]
    if refused:
        desk.tell(messages.refused(refused))
        return worst(end.end for end in refused)
    # A host that failed is tried again: the operator has asked for it.
    for end in engine.ledger.read().failures:
        again = end.model_copy(update={"end": FleetEnd.PLANNED})
        engine.ledger.host_ended(desk.clock.now(), again)
    _settle(engine.ledger, planned, desk)
    return _changed(engine, desk)


def _plans(engine: Engine, hosts: Sequence[str], desk: Desk) -> dict[str, HostEnd]:
    """The plan of each host, where the notebook can make one and write nothing."""
    if not engine.ledger.read().plan.plans_first:
        return {}
    planned = engine.plan(hosts)
    desk.tell(messages.table("The plans", planned.values()))
    return planned


def _hosts(wish: FleetWish, folder: Path) -> tuple[FleetHost, ...]:
    if wish.inventory:
        return from_inventory(wish.inventory)
    return by_patterns(wish.patterns, listing(folder))


def _plan(wish: FleetWish, hosts: Sequence[FleetHost], local: tuple[str, ...]) -> FleetPlan:
    for name, _ in wish.options:
        if not is_option(name):
            raise CorrectParameters(
                f"-p {name} cannot be given to all hosts",
                state="no host was asked anything",
                then="give names of the notebook's parameters; each run has a host of its own",
            )
    options = tuple(word for name, value in wish.options for word in ("-p", name, value))
    if redact(dict(wish.options)) != dict(wish.options):
        raise CorrectParameters(
            "a value after -p looks like a secret, and the fleet run's folder would keep it",
            state="no host was asked anything",
            then="leave it out: a guest's password comes from the environment or the keyring",
        )
    last = (*wish.last, *local)
    size = min(batch_size(wish.batch, len(hosts)), MOST_AT_ONCE)
    made = batches(hosts, canary=wish.canary, size=size, apart=wish.apart, last=last)
    digest = hashlib.sha256(wish.notebook.read_bytes()).hexdigest()
    return FleetPlan(
        notebook=str(wish.notebook.resolve()),
        sha256=digest,
        options=options,
        batches=made,
        max_failures=wish.max_failures,
        plans_first="mode" in _parameters(wish.notebook),
    )


def _parameters(notebook: Path) -> Collection[str]:
    try:
        found: Collection[str] = inspect_notebook(str(notebook))
    except Exception as error:
        raise CorrectParameters(
            f"{notebook} is no notebook: {str(error).partition(chr(10))[0]}",
            state="no host was asked anything",
            then="name an .ipynb file, such as routed.ipynb",
        ) from error
    return found


def _new(desk: Desk) -> Ledger:
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
    return Ledger(made)


def _executor(plan: FleetPlan) -> Executor:
    return ThreadPoolExecutor(max(len(batch) for batch in plan.batches))


def _engine(ledger: Ledger, executor: Executor, desk: Desk) -> Engine:
    def asked(host: str, state: LedgerState) -> HostEnd:
        return ask.ask(host, state.since(host), desk.params, desk.clock)

    return Engine(ledger, executor, desk.clock, desk.tell, asked)


def _settle(ledger: Ledger, planned: Mapping[str, HostEnd], desk: Desk) -> None:
    """What needs no run, or may have none, gets its end at once."""
    for end in planned.values():
        if end.end is not FleetEnd.PLANNED:
            ledger.host_ended(desk.clock.now(), end)


def _changed(engine: Engine, desk: Desk) -> int:
    state = engine.change()
    desk.tell(messages.table("The fleet", _all(state)))
    desk.tell(messages.last_word(state, engine.ledger.folder.name))
    return worst(end.end for end in state.ended.values())


def _all(state: LedgerState) -> Iterator[HostEnd]:
    yield from (state.ended[host] for host in state.plan.hosts if host in state.ended)


def _same_notebook(plan: FleetPlan) -> None:
    try:
        digest = hashlib.sha256(Path(plan.notebook).read_bytes()).hexdigest()
    except OSError as error:
        digest = str(error)
    if digest != plan.sha256:
        raise CorrectParameters(
            f"{plan.notebook} is not the notebook that this run began with",
            state="no host was asked anything",
            then="begin a new run: hosts that are as promised already are skipped in it",
        )


def _ask_the_open(engine: Engine, desk: Desk) -> None:
    """Hosts whose run was cut off are asked; so are those that were armed or unknown."""
    state = engine.ledger.read()
    doubtful = [h for h, e in state.ended.items() if e.end in (FleetEnd.ARMED, FleetEnd.UNKNOWN)]
    for host in (*state.open, *doubtful):
        end = engine.asked(host, state)
        engine.ledger.host_ended(desk.clock.now(), end)
        desk.tell(f"{host}: {end.end}: {end.said}")
