"""`make faults`: the whole matrix, a row a case.

Exit 0 only if all hosts ended in a good state, and those that were cut off came back in time.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import click
from tests import bench
from tests.faults import (
    bridge_cases,
    cases,
    guest_cases,
    guest_matrix,
    matrix,
    operator_cases,
    port_cases,
    table,
)
from tests.faults.cases import Case
from tests.faults.judging import Result
from tests.faults.table import Table

from runbook.lab import lab as labs

# dhcpcd serves Debian 13, dhclient those before.
GUESTS = guest_cases.RELEASE
GROUNDS = (("bookworm", "static"), ("trixie", "dhcp"), ("bullseye", "dhcp"))

C = TypeVar("C", bound=Case)
Play = Callable[[], list[Result]]


def main() -> None:
    """Play the matrix on each release, print it, sum it up, take the lab down."""
    asked = _asked()
    began = time.monotonic()
    results: list[Result] = []
    with Table(asked.csv) as rows:
        try:
            for name, play in _grounds(asked, rows):
                if not asked.release or name in asked.release:
                    results += play()
        finally:
            labs.down(click.echo)
    if asked.list:
        return
    click.echo()
    for line in table.summary(results, time.monotonic() - began):
        click.echo(line)
    click.echo(f"  as a table: {asked.csv}")
    in_time = table.in_time(results)
    if not in_time:
        click.echo(f"  TOO SLOW: cut off, median over {table.PROMISED_S:g} s from the deadline")
    sys.exit(0 if results and in_time and all(result.good for result in results) else 1)


def _grounds(asked: argparse.Namespace, rows: Table) -> Iterator[tuple[str, Play]]:
    """By their names, in the order of play; those on an emulated machine are the slowest."""
    for release, addressing in GROUNDS:
        yield release, partial(_play, asked, release, addressing, rows)
    for shape in bridge_cases.SHAPES:
        yield shape, partial(_play_bridge, asked, shape, rows)
    yield GUESTS, partial(_play_guests, asked, rows)
    for shape in port_cases.SHAPES:
        yield shape, partial(_play_port, asked, shape, rows)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    releases = [
        *(release for release, _ in GROUNDS),
        *bridge_cases.SHAPES,
        *port_cases.SHAPES,
        GUESTS,
    ]
    only = f"only this release, or hosts of this shape, or only the moves of {GUESTS}"
    parser.add_argument("--release", action="append", choices=releases, help=only)
    only = "only cases whose fault, point and step, put together, match this regular expression"
    parser.add_argument("--only", default="", type=re.compile, metavar="REGEX", help=only)
    parser.add_argument("--spread", action="store_true", help="the short spread instead")
    parser.add_argument("--list", action="store_true", help="play nothing, list the cases")
    parser.add_argument("--hosts", type=int, help="so many at once")
    only = "only each N-th of the cases that are left"
    parser.add_argument("--every", type=int, default=1, metavar="N", help=only)
    only = "not the cases that ended well in this table of an earlier run"
    parser.add_argument("--played", type=Path, metavar="CSV", help=only)
    table_at = bench.ROOT / "outputs" / "faults.csv"
    parser.add_argument("--csv", type=Path, default=table_at, help="where the table is written")
    return parser.parse_args()


def _play(asked: argparse.Namespace, release: str, addressing: str, rows: Table) -> list[Result]:
    hosts = asked.hosts or matrix.HOSTS
    with tempfile.TemporaryDirectory(prefix="runbook-faults-") as folder:
        home = matrix.make_home(Path(folder), addressing, hosts)
        ground = matrix.ground(release, addressing, home, hosts)
        parts = (cases, operator_cases)
        here = (part.spread(ground) if asked.spread else part.matrix(ground) for part in parts)
        wanted = _wanted(asked, chain.from_iterable(here))
        return [] if asked.list else matrix.play_all(wanted, home, rows.tell, hosts)


def _play_bridge(asked: argparse.Namespace, shape: str, rows: Table) -> list[Result]:
    hosts = asked.hosts or matrix.HOSTS
    with tempfile.TemporaryDirectory(prefix="runbook-faults-") as folder:
        home = bridge_cases.make_home(Path(folder), shape, hosts)
        wanted = _wanted(asked, bridge_cases.spread(bridge_cases.ground(shape, home, hosts)))
        return [] if asked.list else matrix.play_all(wanted, home, rows.tell, hosts)


def _play_port(asked: argparse.Namespace, shape: str, rows: Table) -> list[Result]:
    with (
        tempfile.TemporaryDirectory(prefix="runbook-faults-") as folder,
        port_cases.network(shape),
    ):
        home = port_cases.make_home(Path(folder), shape)
        wanted = _wanted(asked, port_cases.spread(port_cases.ground(shape, home)))
        return [] if asked.list else matrix.play_all(wanted, home, rows.tell, 1)


def _play_guests(asked: argparse.Namespace, rows: Table) -> list[Result]:
    hosts = asked.hosts or guest_matrix.HOSTS
    with tempfile.TemporaryDirectory(prefix="runbook-faults-") as folder:
        home = guest_matrix.make_home(Path(folder), hosts)
        places = guest_matrix.places(home, hosts)
        labs.up(len(places), "bookworm", "static", lambda _text: None)
        ground = guest_matrix.ground(places[:1] if asked.list else places)
        here = guest_cases.spread(ground) if asked.spread else guest_cases.matrix(ground)
        wanted = _wanted(asked, here)
        return [] if asked.list else guest_matrix.play_all(wanted, places, rows.tell)


def _wanted(asked: argparse.Namespace, here: Iterable[C]) -> list[C]:
    """Those that are asked for; told here where they are only to be listed."""
    named = (case for case in here if asked.only.search(f"{case.fault}: {case.where}"))
    played = table.ended_well(asked.played) if asked.played else frozenset()
    left = [case for case in named if (case.release, case.fault, case.point) not in played]
    wanted = left[:: asked.every]
    if asked.list:
        for case in wanted:
            click.echo(f"{case.release:8} {case.fault:46.46} {case.where:.100}")
    return wanted


if __name__ == "__main__":
    main()
