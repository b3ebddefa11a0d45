"""A guest's serial console as a channel."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Sequence

from runbook.common import debug_log
from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.transport.guest.channel import CONSOLE
from runbook.transport.guest.expect import TYPED, ConsoleLine, Patience, Where
from runbook.transport.guest.login import Credentials
from runbook.transport.guest.reach_shell import Arrival
from runbook.transport.guest.shell import Shell
from runbook.transport.host import Completed

_CALM = Patience()
_LAST, _WIDTH = 4, 100


class ConsoleChannel:
    """Implements Channel over a stream of bytes that is a console. Make one with `open_console`."""

    how = CONSOLE

    def __init__(self, line: ConsoleLine, shell: Shell, *, logged_in: bool) -> None:
        """`shell` is started; `logged_in`: runbook logged in, so it has to log out."""
        self.guest = line.where.guest
        self._line = line
        self._shell = shell
        self._logged_in = logged_in

    @property
    def transcript(self) -> str:
        """What went to and fro so far; no password is in it, and not what commands wrote."""
        return self._shell.transcript

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """Run a command to its end."""
        with debug_log.timed(f"{self.guest} by its console: {shlex.join(argv)}") as timing:
            ended = self._shell.run(argv, stdin, timeout)
            timing.status = f"exit status {ended.status}"
        return Completed(tuple(argv), ended.status, ended.stdout, ended.stderr)

    def close(self) -> str:
        """Leave the console as it was found; why not, or '' if so. Never raises."""
        return leave(self._line, self._shell, logged_in=self._logged_in)


def open_console(
    where: Where,
    console: socket.socket,
    credentials: Credentials,
    token: str,
    clock: Clock,
    patience: Patience = _CALM,
) -> ConsoleChannel:
    """Get to a shell on the console, logging in where it asks for that.

    Raises LoginRefused, NoConsole or ConnectionLost, each with the console's last lines in
    it and the whole transcript beside it; the console is left and closed then.
    """
    line = ConsoleLine(console, where, patience, clock)
    mark = f"rb{token}"
    shell = Shell(line, mark)
    arrival = Arrival(line, credentials, mark)
    try:
        logged_in = arrival.arrive()
        shell.start(log_out_alone=logged_in)
    except RunbookError as error:
        last = last_shown(shell.transcript)
        leave(line, shell, logged_in=arrival.logged_in)
        more = f"; the last lines that the console showed: {last}"
        raise error.telling(more, transcript=shell.transcript) from error
    except BaseException:
        leave(line, shell, logged_in=arrival.logged_in)
        raise
    return ConsoleChannel(line, shell, logged_in=logged_in)


def last_shown(transcript: str) -> str:
    """The last lines that the console showed, in one line, without what was typed."""
    lines = [" ".join(line.split())[-_WIDTH:] for line in transcript.splitlines()]
    visible = [line for line in lines if line and not line.startswith(TYPED)]
    return " | ".join(visible[-_LAST:]) or "nothing"


def leave(line: ConsoleLine, shell: Shell, *, logged_in: bool) -> str:
    """Log out if runbook logged in, and close; why that failed, or ''."""
    try:
        shell.leave(log_out=logged_in)
    except RunbookError as error:
        return error.what
    finally:
        line.close()
    return ""
