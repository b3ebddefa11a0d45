"""`make matrix`: every variant of the change through its whole course, a row each.

Exit 0 only if each host was as promised at every stage, and as before in the end.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click
from tests.matrix import grounds

from runbook.lab import lab as labs


@click.command()
@click.option("--release", multiple=True, help="Only this release; may be given several times.")
@click.option("--only", type=click.Choice(list(grounds.SETS)), help="Only these variants.")
@click.option("--spread", is_flag=True, help="The short spread instead.")
def main(release: tuple[str, ...], only: str | None, *, spread: bool) -> None:
    """Play the variants, print the table, take the lab down."""
    began = time.monotonic()
    every = grounds.SETS[only] if only else grounds.everything
    wanted = grounds.spread() if spread else every()
    chosen = tuple(v for v in wanted if not release or v.release in release)
    click.echo(grounds.HEAD)
    try:
        with tempfile.TemporaryDirectory(prefix="runbook-matrix-") as folder:
            played = list(
                grounds.play(chosen, Path(folder), lambda course: click.echo(grounds.row(course)))
            )
    finally:
        labs.down(click.echo)
    good = sum(course.good for course in played)
    click.echo(f"{good} of {len(played)} in {(time.monotonic() - began) / 60:.1f} min")
    sys.exit(0 if played and good == len(played) else 1)


if __name__ == "__main__":
    main()
