"""The `runbook` command. Each verb imports what it needs when it runs: `--help` is quick."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runbook.common import debug_log
from runbook.common.clock import SystemClock
from runbook.common.errors import RunbookError
from runbook.common.folders import outputs_folder, params_folder
from runbook.common.printable import printable
from runbook.fleet.cli import fleet

if TYPE_CHECKING:
    from runbook.params import KnownHost
    from runbook.run.standing import HostStatus

HOST = click.argument("host")
TAKE_OVER = click.option(
    "--take-over",
    is_flag=True,
    help="Also if somebody else armed the change, or if the host will not undo it by itself.",
)
TICKET = click.option("--ticket", metavar="NUMBER", help="The change request; kept in the record.")
REASON = click.option("--reason", metavar="TEXT", help="Why, in one line; kept in the record.")


@click.group()
def runbook() -> None:
    """Move a Debian KVM host's address onto a bridge, and always be able to move it back."""
    if debug_log.is_asked_for(os.environ):
        debug_log.start(sys.stderr, os.environ)


class LaterGroup(click.Group):
    """A group whose verbs are imported when one of them is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every verb."""
        return self.imported().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a verb."""
        return self.imported().get_command(ctx, cmd_name)

    @staticmethod
    def imported() -> click.Group:
        """Import the group with its verbs."""
        raise NotImplementedError


class LabGroup(LaterGroup):
    """The verbs of the lab."""

    @staticmethod
    def imported() -> click.Group:
        """Import them."""
        from runbook.lab.cli import lab

        return lab


class RecordsGroup(LaterGroup):
    """The verbs of the records."""

    @staticmethod
    def imported() -> click.Group:
        """Import them."""
        from runbook.records.cli import records

        return records


runbook.add_command(fleet)


@runbook.group(cls=RecordsGroup)
@click.pass_context
def records(ctx: click.Context) -> None:
    """Find, read, compare, verify and export the records of what was done."""
    ctx.obj = _as_pdf


@runbook.group(cls=LabGroup)
def lab() -> None:
    """A LAN of real Debian systems on this machine, to try things on."""


@runbook.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def archive(notebook: Path) -> None:
    """File an executed NOTEBOOK, and a page made of it, in its run folder."""
    from runbook.notebook.archive import file_away

    for path in file_away(notebook, outputs_folder()):
        click.echo(printable(str(path)))


@runbook.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
def init(folder: Path) -> None:
    """Make DIR a workspace: params/, outputs/ and the notebooks of this version.

    Every verb, `runbook desk` and papermill work there, without a checkout of runbook.
    For a workspace that is there it brings the notebooks and the example of this version; what
    was edited stays.
    """
    from runbook.notebook.desk import workspace

    for line in workspace.init(folder):
        click.echo(line)


@runbook.command()
@click.option("--port", default=8888, show_default=True, help="Where it listens, on 127.0.0.1.")
@click.option("--browser/--no-browser", default=None, help="By default if there is a display.")
def desk(port: int, *, browser: bool | None) -> None:
    """Start JupyterLab on 127.0.0.1, with desk.ipynb open.

    It prints the address. The address has a token, which only you can read. Ctrl-C
    ends it. If the port is in use, the desk takes the next free one.
    """
    from runbook.notebook.jupyter import server

    server.start(port, browser=browser)


@runbook.command("record-host")
@HOST
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def record_host(host: str, path: Path) -> None:
    """Record HOST into PATH, to rehearse its change without it; writes nothing on HOST."""
    from runbook.run import record_host as recording

    recording.record_host(host, path)
    click.echo(f"recorded {host} in {path}")


@runbook.command()
@HOST
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(host: str, *, as_json: bool) -> None:
    """Show what is armed or half made on HOST, or how the last change ended.

    It writes nothing on HOST. If the run that made the change died, its record gets how
    the change ended. The exit status is 0 whatever is found.
    """
    from runbook.run.standing import open_host_session, read_standing

    session = open_host_session(_known(host))
    with closing(session.host):
        standing = read_standing(session)
    if as_json:
        # All of it in ASCII: a host's words cannot drive the terminal.
        click.echo(json.dumps(standing.as_dict()))
    else:
        from runbook import views

        click.echo(repr(views.standing(standing)))
    _keep_status(standing)


@runbook.command()
@HOST
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def audit(host: str, *, as_json: bool) -> None:
    """Compare HOST with its last confirmed record, and say what each difference means.

    Writes nothing on HOST, and a record only if something differs that the last
    audit did not record.

    The exit status is 0 if nothing differs, or no change of HOST was ever
    confirmed. It is that of the worst difference: 3 harmless, 4 less than
    recorded, 5 HOST or a guest is off the LAN, 6 HOST is lost at its next boot.
    It is 1 if HOST could not be audited, and 2 for a wrong command.
    """
    from runbook.records.audit.keep import keep
    from runbook.records.audit.look import audit as held_against_its_record
    from runbook.run.standing import open_host_session

    session = open_host_session(_known(host))
    with closing(session.host):
        found = held_against_its_record(session, outputs_folder())
        if as_json:
            # All of it in ASCII: a host's words cannot drive the terminal.
            click.echo(json.dumps(found.as_dict()))
        else:
            from runbook import views

            click.echo(repr(views.audit(found)))
        folder = keep(found, session, outputs_folder())
    if folder:
        click.echo(f"recorded in {folder.path}", err=True)
    sys.exit(found.exit_status)


@runbook.command()
@HOST
@TAKE_OVER
@TICKET
@REASON
def undo(host: str, **asked: Any) -> None:  # noqa: ANN401 - click's options
    """Undo the change that is armed or half made on HOST, and compare with before.

    If the last change was undone already (at the deadline, at a boot, at the
    console), runbook makes the comparison now.

    The exit status is 0 only if HOST is as before, row by row. It is 1 if
    there is no change. A confirmed change is not undone, and the status is 1:
    `runbook revert` takes it back.
    """
    _end(host, "undo", asked)


@runbook.command()
@HOST
@TAKE_OVER
@TICKET
@REASON
def confirm(host: str, **asked: Any) -> None:  # noqa: ANN401 - click's options
    """Verify the change that is armed on HOST, and have it stay.

    All its steps must have been made. Over new connections, HOST has to be as
    promised, and every probe that answered before has to answer again.

    The exit status is 0 only if it was confirmed.
    """
    _end(host, "confirm", asked)


@runbook.command()
@HOST
@click.argument("change", required=False)
@click.option("--plan", "plan_only", is_flag=True, help="Show the plan; leave HOST alone.")
@click.option("--consent", multiple=True, metavar="NAME", help="A risk that you accept.")
@click.option("--approved", metavar="DIGEST", help="The digest of the approved plan.")
@click.option("--approved-by", metavar="NAME", help="Who approved it.")
@click.option("--approval-signature", metavar="FILE", help="The signature of the approver.")
@TICKET
@REASON
def revert(host: str, change: str | None, *, plan_only: bool, **asked: Any) -> None:  # noqa: ANN401 - click's options
    """Take a confirmed CHANGE of HOST back, weeks later; the newest one by default.

    A revert is a change of its own: runbook compares HOST with the record, plans, judges,
    arms an undo, verifies and records. It keeps what somebody altered since, if that has
    nothing to do with CHANGE. On a terminal you type the host's name to approve the plan;
    without a terminal only --approved DIGEST does.

    The exit status is 0 only if the change is taken back, or with --plan if it can be.
    """
    from runbook.notebook.revert.command import run

    mode = "plan" if plan_only else None
    sys.exit(run({"host": host, "change": change, "mode": mode, **asked}))


def _as_pdf(folder: Path) -> bytes:
    from runbook.notebook.archive import as_pdf

    return as_pdf(folder)


def _keep_status(standing: HostStatus) -> None:
    """Into the record of a run that died: how its change ended. What fails hides nothing."""
    from runbook.records import host_says
    from runbook.records.signature import SIGN_WITH

    sign_with = os.environ.get(SIGN_WITH, "")
    try:
        path = host_says.keep(outputs_folder(), standing, SystemClock().now(), sign_with)
    except OSError as error:
        click.echo(printable(f"the record of that change does not have this: {error}"), err=True)
        return
    if path:
        click.echo(printable(f"recorded in {path}"), err=True)


def _known(host: str) -> KnownHost:
    """The way to the host; what was left out of its file is told."""
    from runbook.params import known_host

    known = known_host(params_folder(), {"host": host})
    for note in known.notes:
        click.echo(note, err=True)
    return known


def _end(host: str, action: str, asked: dict[str, Any]) -> None:
    """Go through the cells of undo.ipynb."""
    from runbook.notebook.undo import cells as nb

    met = nb.meet(nb.want({"host": host, "action": action, **asked}))
    with closing(met.session.host):
        nb.record(nb.do(nb.decide(nb.look(met))))


def main() -> None:
    """Run the command; an error is the operator's, so it is text and not a traceback."""
    try:
        runbook()
    except RunbookError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
