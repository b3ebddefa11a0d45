"""What a command costs: the processor time of it and of all that it starts, and how long it takes.

The machine may have other work. Processor time hardly feels that, elapsed time does. So commands
that are compared are run in turn, and each round gives one ratio.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel


class Cost(NamedTuple):
    """Seconds of processor time, user and system, and seconds from begin to end."""

    cpu: float
    wall: float


class Row(BaseModel):
    """One thing measured, with one value for each run; `ratio` is to the tool `beside`."""

    group: str
    case: str
    tool: str
    metric: str
    unit: str
    values: tuple[float, ...]
    median: float
    beside: str = ""
    ratio: float | None = None
    leaves: str = ""


def command(
    argv: Sequence[str], environ: Mapping[str, str] | None = None, *, status: int = 0
) -> Cost:
    """Its cost with that of its children, without output; RuntimeError for another status."""
    before, began = _spent(), time.monotonic()
    done = subprocess.run(
        argv,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    cost = Cost(_spent() - before, time.monotonic() - began)
    if done.returncode != status:
        raise RuntimeError(f"{argv}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return cost


def call(work: Callable[[], object]) -> Cost:
    """Call it in this process; what is left of its children is not counted."""
    before, began = time.process_time(), time.monotonic()
    work()
    return Cost(time.process_time() - before, time.monotonic() - began)


def call_counting(work: Callable[[], object]) -> Cost:
    """Call it in this process, with the processor time of the children that ended meanwhile."""
    before = _spent()
    cost = call(work)
    return Cost(cost.cpu + _spent() - before, cost.wall)


def with_living_children(work: Callable[[], object]) -> Cost:
    """Call it in this process, with what its children that go on took meanwhile."""
    before = _living()
    cost = call(work)
    return Cost(cost.cpu + _living() - before, cost.wall)


def _living() -> float:
    """Seconds of processor time of every child of this process."""
    clock = os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in children)
    # Its own, and that of its children which have ended: proc(5), utime to cstime.
    return sum(sum(map(int, words[11:15])) for words in stats) / clock


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


Runs = Mapping[str, Callable[[], Cost]]


def in_turn(group: str, case: str, runs: Runs, *, rounds: int, beside: str) -> list[Row]:
    """Run each once a round; for each, a row of processor time and one of elapsed time.

    `beside` is the run that the ratios are to: the median of the ratios of all rounds.
    """
    costs: dict[str, list[Cost]] = {tool: [] for tool in runs}
    for _ in range(rounds):
        for tool, run in runs.items():
            costs[tool].append(run())
    return [
        row(
            (group, case, tool),
            (metric, "s"),
            [getattr(cost, metric) for cost in costs[tool]],
            (beside, [getattr(cost, metric) for cost in costs.get(beside, ())]),
        )
        for metric in Cost._fields
        for tool in runs
    ]


def row(
    what: tuple[str, str, str],
    metric: tuple[str, str],
    values: Sequence[float],
    beside: tuple[str, Sequence[float]] = ("", ()),
    leaves: str = "",
) -> Row:
    """One row; its ratio is the median of the ratios of values that belong together."""
    group, case, tool = what
    other, theirs = beside
    ratios = [mine / its for mine, its in zip(values, theirs, strict=False) if its]
    return Row(
        group=group,
        case=case,
        tool=tool,
        metric=metric[0],
        unit=metric[1],
        values=tuple(round(value, 4) for value in values),
        median=round(statistics.median(values), 4),
        beside=other,
        ratio=round(statistics.median(ratios), 3) if ratios else None,
        leaves=leaves,
    )


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))


def model() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"
