"""`make faults`: the whole matrix, a row a case. Exit 0 only if all hosts ended in a good state."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import click
from tests.faults import cases, matrix
from tests.faults.judging import BETWEEN, LOST, Result, Waited

GROUNDS = (("bookworm", "static"), ("trixie", "dhcp"), ("bullseye", "static"))


def main() -> None:
    """Play the matrix on each release, print it, sum it up."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--release", action="append", help="only this release")
    parser.add_argument("--fault", default="", help="only faults whose name holds this")
    parser.add_argument("--point", default="", help="only points whose name holds this")
    parser.add_argument("--spread", action="store_true", help="the short spread instead")
    asked = parser.parse_args()
    began = time.monotonic()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="runbook-faults-") as folder:
        home = matrix.make_home(Path(folder))
        for release, addressing in GROUNDS:
            if asked.release and release not in asked.release:
                continue
            ground = matrix.ground(release, addressing)
            here = cases.spread(ground) if asked.spread else cases.matrix(ground)
            wanted = [c for c in here if asked.fault in c.fault and asked.point in c.point]
            results += matrix.play_all(wanted, home, _tell)
    _sum_up(results, time.monotonic() - began)
    sys.exit(0 if results and all(result.good for result in results) else 1)


def _tell(result: Result) -> None:
    case = result.case
    waited = result.waited
    took = " ".join(f"{s:4.1f} s" if s is not None else "   -  " for s in _seconds(waited))
    row = f"{case.release:8} {case.fault:44.44} {case.where:52.52} {result.end:25}"
    click.echo(f"{row} {took} from {waited.since}")
    if result.why:
        click.echo("    " + result.why.replace("\n", "\n    "))


def _sum_up(results: list[Result], took: float) -> None:
    ends = [result.end for result in results]
    releases = sorted({result.case.release for result in results})
    click.echo(f"\n{len(results)} cases on {', '.join(releases)} in {took / 60:.1f} min")
    for end in dict.fromkeys((LOST, BETWEEN, *sorted(ends))):
        click.echo(f"  {end}: {ends.count(end)}")
    for since in sorted({result.waited.since for result in results}):
        both = zip(*(_seconds(r.waited) for r in results if r.waited.since == since), strict=True)
        for what, column in zip(("answers", "ended"), both, strict=True):
            if seconds := [value for value in column if value is not None]:
                middle, longest = statistics.median(seconds), max(seconds)
                click.echo(
                    f"  {what}, from {since}: median {middle:.1f} s, longest {longest:.1f} s"
                )


def _seconds(waited: Waited) -> tuple[float | None, float | None]:
    return waited.answered, waited.ended


if __name__ == "__main__":
    main()
