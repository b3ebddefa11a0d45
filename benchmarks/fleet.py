"""A fleet: processor time of this machine for each host, and hosts a minute.

Recorded hosts need no lab, and a run on one goes as far as preflight. What it is held against is a
loop of papermill, one host after the other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Cost, Row
from tests import bench

GROUP = "fleet"
SIZES = (1, 8, 24)


def measured(rounds: int, sizes: Sequence[int] = SIZES) -> Iterator[Row]:
    """As many recorded hosts as each size says."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            home = bench.make_home(Path(folder))
            hosts = _hosts(home, size)
            runs = {
                "papermill in a loop": lambda p=home, h=hosts: _loop(p, h),
                "runbook fleet --plan": lambda p=home, h=hosts: _fleet(p, h),
            }
            case = f"{size} recorded hosts, for each"
            yield from measure.in_turn(
                GROUP, case, runs, rounds=rounds, beside="papermill in a loop"
            )


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
