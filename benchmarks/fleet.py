"""A fleet: processor time of this machine for each host, and seconds for each.

Recorded hosts need no lab, and a run on one goes as far as preflight. What it is held against is a
loop of papermill, one host after the other, and on hosts of the lab also a playbook with a fork for
each host.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import measure, rivals
from benchmarks.measure import Cost, Row
from tests import bench
from tests.lab import fleeting

from runbook.lab.names import address

GROUP = "fleet"
SIZES = (1, 8)
# Once each: what a host costs hardly depends on their number from here on.
LARGE, MANY = 24, 1000
LOOP, OURS, ANSIBLE = "papermill in a loop", "runbook fleet --plan", "Ansible, a fork a host"


def measured(rounds: int) -> Iterator[Row]:
    """Recorded hosts, then hosts of the lab."""
    yield from recorded(rounds, SIZES)
    yield from recorded(1, (LARGE,))
    yield from many(MANY)
    for size in SIZES:
        # Eight hosts are eight runs.
        yield from on_the_lab(rounds if size == 1 else 1, size)


def recorded(rounds: int, sizes: Sequence[int]) -> Iterator[Row]:
    """As many recorded hosts as each size says."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            home = bench.make_home(Path(folder))
            hosts = _hosts(home, size)
            runs = {
                LOOP: lambda p=home, h=hosts: _loop(p, h),
                OURS: lambda p=home, h=hosts: _fleet(p, h),
            }
            case = f"{size} recorded hosts, for each"
            yield from measure.in_turn(GROUP, case, runs, rounds=rounds, beside=LOOP)


def many(size: int) -> Iterator[Row]:
    """So many that a loop would take too long."""
    with tempfile.TemporaryDirectory() as folder:
        home = bench.make_home(Path(folder))
        hosts = _hosts(home, size)
        case = f"{size} recorded hosts, for each"
        runs = {OURS: lambda: _fleet(home, hosts)}
        yield from measure.in_turn(GROUP, case, runs, rounds=1, beside="")


def on_the_lab(rounds: int, size: int) -> Iterator[Row]:
    """The whole change on so many fresh hosts each time; a fleet plans for all of them first."""
    hosts = fleeting.names(size)
    with tempfile.TemporaryDirectory() as folder:
        home = bench.make_home(Path(folder))
        fleeting.fresh(size)
        fleeting.describe(home, hosts)
        runs: dict[str, Callable[[], Cost]] = {
            LOOP: lambda: _loop(home, hosts),
            "runbook fleet": lambda: _changed(home, hosts),
        }
        if rivals.playbook_program():
            runs[ANSIBLE] = lambda: _played(hosts, Path(folder))
        fresh = {tool: lambda run=run: _afresh(size, run) for tool, run in runs.items()}
        case = f"{size} lab hosts, for each"
        yield from measure.in_turn(GROUP, case, fresh, rounds=rounds, beside=LOOP)


def _afresh(size: int, run: Callable[[], Cost]) -> Cost:
    fleeting.fresh(size)
    return run()


def _changed(home: Path, hosts: Sequence[str]) -> Cost:
    # Each by its name: params/ has more hosts than the lab. As many at once as Ansible has forks.
    named = (word for host in hosts for word in ("--hosts", host))
    words = (*named, "--canary", "0", "--batch", str(len(hosts)))
    argv = (str(bench.BIN / "runbook"), "fleet", str(bench.NOTEBOOK), *words)
    return _for_each(measure.command(argv, {"RUNBOOK_HOME": str(home)}), len(hosts))


def _played(hosts: Sequence[str], folder: Path) -> Cost:
    rival = rivals.ansible()
    for host in hosts:
        rivals.install(host, rival)
        own = f"{address(host)}/16"
        rivals.at_console(host, rivals.filled(rival.prepare, rival, stp=True, address=own))
    argv = rivals.played(hosts, folder, stp=True)
    return _for_each(measure.command(argv), len(hosts))


def _hosts(home: Path, size: int) -> tuple[str, ...]:
    """Copies of the recorded host's file."""
    text = (home / "params/example.yaml").read_text()
    names = tuple(f"recorded-{number:02}" for number in range(1, size + 1))
    for name in names:
        (home / f"params/{name}.yaml").write_text(text)
    return names


def _loop(home: Path, hosts: Sequence[str]) -> Cost:
    costs = []
    for host in hosts:
        argv = bench.command(home.parent / f"{host}.ipynb", ("-p", "host", host))
        costs.append(measure.command(argv, {"RUNBOOK_HOME": str(home)}))
    return _for_each(Cost(sum(c.cpu for c in costs), sum(c.wall for c in costs)), len(hosts))


def _fleet(home: Path, hosts: Sequence[str]) -> Cost:
    # A recording is meant by its full name only.
    named = (word for host in hosts for word in ("--hosts", host))
    argv = (str(bench.BIN / "runbook"), "fleet", str(bench.NOTEBOOK), "--plan", *named)
    cost = measure.command(argv, {"RUNBOOK_HOME": str(home)})
    return _for_each(cost, len(hosts))


def _for_each(cost: Cost, hosts: int) -> Cost:
    return Cost(cost.cpu / hosts, cost.wall / hosts)
