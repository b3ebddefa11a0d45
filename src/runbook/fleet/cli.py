"""The verb `runbook fleet`. It imports what it needs when it runs: `--help` is quick."""

from __future__ import annotations

import gc
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
    help="How many hosts to change first.",
)
@click.option("--batch", default="4", show_default=True, help="Hosts at once after that: 4 or 10%.")
@click.option(
    "--max-failures",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="More failures stop the run.",
)
@click.option("--apart", multiple=True, metavar="GROUP", help="Change its hosts one at a time.")
@click.option("--last", multiple=True, metavar="HOST", help="Change it alone, at the end.")
@click.option("--plan", "plan_only", is_flag=True, help="Plan for all hosts and change none.")
@click.option("--despite-refusals", is_flag=True, help="Change the hosts that are not refused.")
@click.option(
    "--pause",
    "pause_s",
    type=click.FloatRange(0, 86_400),
    default=0,
    help="Seconds to wait after each batch, before an audit of its changed hosts.",
)
@click.option(
    "--window", default="", metavar="BEGIN/END", help="When batches may begin: ISO 8601 with zone."
)
@click.option(
    "--scheduler", default="", metavar="ADDRESS", help="Dask scheduler whose workers run papermill."
)
@click.option("--resume", metavar="RUN", help="Go on with this run, which was stopped or died.")
def fleet(notebook: Path | None, resume: str | None, scheduler: str, **asked: Any) -> None:  # noqa: ANN401 - click's options
    """Run NOTEBOOK for many hosts: plan for all, then a canary, then batches.

    No batch begins after more than --max-failures hosts failed. Each host has its own
    papermill process and record. The exit status is 0 if every host ended well, 3 if
    one was refused, 4 if one is as before, 5 if one is unknown, 6 if one is armed,
    7 if one is not as recorded, 8 if no host failed and some were not begun.
    """
    # Nothing that is imported is garbage, and to look for some takes a sixth of the time.
    gc.disable()
    from runbook.fleet.command import begin
    from runbook.fleet.command import resume as go_on
    from runbook.fleet.context import FleetContext
    from runbook.fleet.options import FleetWish

    gc.enable()
    # What a host's run says of its end may hold words of the host.
    at = FleetContext(
        params_folder(), outputs_folder(), SystemClock(), lambda t: click.echo(printable(t))
    )
    if resume:
        sys.exit(go_on(resume, at, scheduler))
    if notebook is None or not (asked["hosts"] or asked["inventory"]):
        raise click.UsageError("give NOTEBOOK and --hosts or --inventory, or --resume RUN")
    inventory = asked.pop("inventory")
    text = inventory.read(1 << 26) if inventory else ""
    sys.exit(begin(FleetWish(notebook, asked.pop("hosts"), text, **asked), at, scheduler))
