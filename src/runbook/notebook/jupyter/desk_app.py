"""The server of the desk: JupyterLab's, which prints one line, and says at Ctrl-C what is armed.

`server` starts it as a program: `python -m runbook.notebook.jupyter.desk_app`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence

import click
from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp

from runbook.common.clock import SystemClock
from runbook.common.folders import params_folder
from runbook.notebook.desk.place import change_in_words
from runbook.params import KnownHost, listing
from runbook.run import many_hosts

# Whoever pressed Ctrl-C waits for it.
PATIENCE_S = 5.0
# What Jupyter says at its start, several addresses and a file among it.
THEIRS = "To access the server"
ENDS = (
    "A change that a notebook of this desk is making is undone when the desk ends; any other is"
    " undone by its host at its deadline, unless somebody confirms it."
)


class DeskServer(ServerApp):
    """JupyterLab's server, with fewer words."""

    def start_app(self) -> None:
        """Start, and print the address last and alone."""
        self.log.addFilter(_not_theirs)
        super().start_app()
        click.echo(f"The desk: {self.public_url}")

    def _confirm_exit(self) -> None:
        """At Ctrl-C, before Jupyter asks whether to stop."""
        for line in armed():
            click.echo(line)
        super()._confirm_exit()


def armed() -> Iterator[str]:
    """Whether a change is armed on a host of params/, in lines for a person."""
    known = (one.known for one in listing(params_folder()))
    hosts = [host for host in known if host and host.connect != "recorded"]
    if not hosts:
        yield "No change is armed: no host is described in params/."
        return
    yield f"Asking {', '.join(host.host for host in hosts)} whether a change is armed …"
    yield from _answers(hosts)


def _answers(hosts: Sequence[KnownHost]) -> Iterator[str]:
    free, held = [], []
    for answer in many_hosts.standings(hosts, SystemClock(), PATIENCE_S):
        said, tone = change_in_words(answer)
        if tone:
            held.append(f"{answer.host}: {said}" + (f": {answer.why}" if answer.why else ""))
        else:
            free.append(answer.host)
    yield from held
    if free:
        yield f"No change is armed on {', '.join(sorted(free))}."
    if held:
        yield ENDS


def _not_theirs(line: logging.LogRecord) -> bool:
    return THEIRS not in line.getMessage()


def main(argv: Sequence[str]) -> None:
    """Become the server."""
    LabApp.serverapp_class = DeskServer
    LabApp.launch_instance(argv=list(argv))


if __name__ == "__main__":
    main(sys.argv[1:])
