"""The `runbook` command: one group, each verb from the module that does the work."""

from __future__ import annotations

import json
import sys
from contextlib import closing

import click

from runbook.common.errors import RunbookError
from runbook.common.folders import params_folder
from runbook.lab.cli import lab
from runbook.notebook.archive import archive
from runbook.notebook.jupyter.server import desk
from runbook.params import known_host
from runbook.run import resume
from runbook.run.record_host import record

TAKE_OVER = click.option(
    "--take-over",
    is_flag=True,
    help="Even where the change is somebody else's, or nothing on the host will end it.",
)


@click.command()
@click.argument("host")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(host: str, *, as_json: bool) -> None:
    """Tell what is armed or half made on HOST, or how the last change ended; writes nothing.

    The exit status is 0 whatever is found.
    """
    # What draws takes a second to import, which no other verb should wait for.
    from runbook import views  # noqa: PLC0415

    known = known_host(params_folder(), {"host": host})
    for note in known.notes:
        click.echo(note, err=True)
    session = resume.open_session(known)
    with closing(session.host):
        found = resume.look(session)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        click.echo(repr(views.standing(found)))


@click.command()
@click.argument("host")
@TAKE_OVER
def undo(host: str, *, take_over: bool) -> None:
    """Undo the change that is armed or half made on HOST, and compare with before.

    Where nothing is armed, and the last change was undone with nobody there to
    compare (by its deadline, at a boot, at the console), it compares now.

    The exit status is 0 only if HOST is as before, row by row. It is 1 where
    there is no change, or the last one was confirmed: that is not undone here.
    """
    _return(host, "undo", take_over=take_over)


@click.command()
@click.argument("host")
@TAKE_OVER
def confirm(host: str, *, take_over: bool) -> None:
    """Verify the change that is armed on HOST, and have it stay.

    Only a change all of whose steps were made; all that was promised has to be
    seen, and all that answered before has to answer, over new connections.

    The exit status is 0 only if it was confirmed.
    """
    _return(host, "confirm", take_over=take_over)


def _return(host: str, action: str, *, take_over: bool) -> None:
    from runbook.notebook.undo import cells as nb  # noqa: PLC0415 - likewise

    met = nb.meet(nb.want({"host": host, "action": action, "take_over": take_over}))
    with closing(met.session.host):
        nb.record(nb.do(nb.decide(nb.look(met))))


@click.group()
def runbook() -> None:
    """Move a Debian KVM host's address onto a bridge, and always be able to move it back."""


for verb in (archive, confirm, desk, lab, record, status, undo):
    runbook.add_command(verb)


def main() -> None:
    """Run the command; an error is the operator's, so it is text and not a traceback."""
    try:
        runbook()
    except RunbookError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
