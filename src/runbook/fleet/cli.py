"""The verb `runbook fleet`. It imports what it needs when it runs: `--help` is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from runbook.common.clock import SystemClock
from runbook.common.folders import outputs_folder, params_folder
from runbook.common.printable import printable


@click.command()
@click.argument(
    "notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option(
    "--hosts", multiple=True, help="Names or patterns of files in params/, such as 'server-*'."
)
@click.option(
    "--inventory",
    type=click.File(errors="replace"),
    help="JSON of ansible-inventory --list or of NetBox.",
)
@click.option(
    "-p", "options", nargs=2, multiple=True, metavar="NAME VALUE", help="As papermill's -p."
)
@click.option(
    "--canary",
    type=click.IntRange(0, 64),
    default=1,
    show_default=True,
    help="So many hosts are changed first.",
)
@click.option("--batch", default="4", show_default=True, help="Then so many at once: 4, or 10%.")
@click.option(
    "--max-failures",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="More than these stop the run.",
)
@click.option("--apart", multiple=True, metavar="GROUP", help="One host of this group at a time.")
@click.option("--last", multiple=True, metavar="HOST", help="Changed alone, at the end.")
@click.option("--plan", "plan_only", is_flag=True, help="Plan for all hosts and change none.")
@click.option("--despite-refusals", is_flag=True, help="Change the others if one is refused.")
@click.option(
    "--pause",
    "pause_s",
    type=click.FloatRange(0, 86_400),
    default=0,
    help="Wait so many seconds after each batch, then audit the hosts that it changed.",
)
@click.option(
    "--window", default="", metavar="BEGIN/END", help="No batch begins outside: ISO 8601 with zone."
)
@click.option(
    "--scheduler", default="", metavar="ADDRESS", help="Run by the workers of this Dask scheduler."
)
@click.option("--resume", metavar="RUN", help="Go on with this run, which was stopped or died.")
def fleet(notebook: Path | None, resume: str | None, scheduler: str, **asked: Any) -> None:  # noqa: ANN401 - click's options
    """Run NOTEBOOK for many hosts: plan for all, then a canary, then batches.

    The run stops at the first host that fails. Each host has a papermill process
    and a record of its own. The exit status is 0 if all hosts are as promised, 3 if
    one was refused, 4 if one is as before, 5 if one is unknown, 6 if one is armed,
    7 if one is not as recorded, 8 if all is well and some hosts were not begun.
    """
    from runbook.fleet.command import begin
    from runbook.fleet.command import resume as go_on
    from runbook.fleet.desk import Desk
    from runbook.fleet.wish import FleetWish

    # What a host's run says of its end may hold words of the host.
    at = Desk(params_folder(), outputs_folder(), SystemClock(), lambda t: click.echo(printable(t)))
    if resume:
        sys.exit(go_on(resume, at, scheduler))
    if notebook is None or not (asked["hosts"] or asked["inventory"]):
        raise click.UsageError("give NOTEBOOK and --hosts or --inventory, or --resume RUN")
    inventory = asked.pop("inventory")
    text = inventory.read(1 << 26) if inventory else ""
    sys.exit(begin(FleetWish(notebook, asked.pop("hosts"), text, **asked), at, scheduler))
