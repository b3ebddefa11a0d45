"""The `runbook` command: one group, each verb from the module that does the work."""

from __future__ import annotations

import sys

import click

from runbook.archive import archive
from runbook.desk import desk
from runbook.errors import RunbookError
from runbook.lab.cli import lab
from runbook.rehearsal import record
from runbook.verbs import confirm, status, undo


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
