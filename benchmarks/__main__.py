"""`python -m benchmarks [GROUP...]`: measure, print tables, and keep all in latest.json.

A group that is measured takes the place of that group in the file; the others stay.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from benchmarks import fleet, outage, report, startup, tables, whole_run
from benchmarks.measure import Row
from benchmarks.report import Report

ROOT = Path(__file__).parents[1]
LATEST = ROOT / "outputs/bench/latest.json"
# The names of the groups; all but the first need root, and the last three a lab.
GROUPS: dict[str, Callable[[int], Iterator[Row]]] = {
    startup.GROUP: startup.measured,
    tables.GROUP: tables.measured,
    fleet.GROUP: fleet.measured,
    whole_run.GROUP: whole_run.measured,
    outage.GROUP: outage.measured,
}
# What takes half an hour on a busy machine.
SHORT: dict[str, Callable[[int], Iterator[Row]]] = {
    **GROUPS,
    fleet.GROUP: lambda count: fleet.recorded(count, (1, 8)),
    outage.GROUP: lambda _: outage.measured(1, stp=(False,)),
}


@click.command()
@click.argument("groups", nargs=-1, type=click.Choice([*GROUPS]))
@click.option("--rounds", default=5, show_default=True, help="Runs of each tool, in turn.")
@click.option("--out", type=click.Path(path_type=Path), default=LATEST, show_default=True)
@click.option("--short", is_flag=True, help="Fleets of 8 recorded hosts; outage once, STP off.")
@click.option("--tiny", is_flag=True, help="Sizes of a test, without lab and without root.")
def main(groups: tuple[str, ...], rounds: int, out: Path, *, short: bool, tiny: bool) -> None:
    """Measure GROUPS, all of them by default."""
    made: dict[str, Callable[[int], Iterator[Row]]] = {
        startup.GROUP: startup.measured,
        fleet.GROUP: lambda count: fleet.recorded(count, (1,)),
        whole_run.GROUP: whole_run.rehearsed,
        tables.GROUP: lambda count: iter((*tables.judged(20, count), *tables.compared(20, count))),
    }
    chosen = made if tiny else SHORT if short else GROUPS
    with compiled(warm=not tiny):
        for name in groups or chosen:
            begun, load = report.now(), report.load()
            rows: list[Row] = []
            try:
                for row in chosen[name](rounds):
                    rows.append(row)
                    click.echo(report.line(row))
            finally:
                # What is broken off is kept as far as it came.
                if rows:
                    report.write(out, Report.read(out).having(name, rows, begun, load))
    click.echo(f"\n{out}")


@contextmanager
def compiled(*, warm: bool) -> Iterator[None]:
    """Python finds its modules compiled, as with a user, and leaves no file of root in the tree."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        try:
            for program in (startup.measured, whole_run.rehearsed) if warm else ():
                # Once, so that they are compiled.
                list(program(1))
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


if __name__ == "__main__":
    main()
