"""A host recorded, so that its change can be rehearsed where there is no host.

Everything that planning and preflight ask is asked once, and what is shown
beside the tables too, and the answers are kept. A recording holds what the host
said as it said it, secrets in interface files included: keep it as you keep
those files.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import click

from runbook import run
from runbook.home import params_folder
from runbook.params import for_host
from runbook.state import ports, said
from runbook.transport import Host, Recorder


def record_host(name: str, path: Path) -> None:
    """Ask a host all that a rehearsal will ask, and save the answers to `path`."""
    params = for_host(params_folder(), {"host": name, "mode": "plan"})
    session = run.open_session(params)
    recorder = Recorder(session.host)
    # Up to preflight nothing writes, so a reader is all that is asked for.
    asking = replace(session, host=cast("Host", recorder))
    run.stand_clear(asking)
    before = run.read(asking)
    said.read(recorder)
    drawn = run.plan(asking, before)
    if not drawn.empty:
        run.preflight(asking, drawn, before)
    # A survey asks this besides.
    ports.read(asking.host)
    recorder.save(path)


@click.command("record-host")
@click.argument("host")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def record(host: str, path: Path) -> None:
    """Record HOST into PATH, to rehearse its change without it; writes nothing on HOST."""
    record_host(host, path)
    click.echo(f"recorded {host} in {path}")
