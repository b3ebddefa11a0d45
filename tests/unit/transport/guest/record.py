"""Record a console: `python -m tests.unit.transport.guest.record NAME 'HOW OBTAINED' ARGV...`.

ARGV is run on a terminal of its own, again if it ends; the package logs in there, runs one
command and leaves. What it typed and what was shown goes to transcripts/NAME.txt, without
what its own sh did (playing.py).
"""

from __future__ import annotations

import os
import pty
import select
import socket
import sys
import threading
import time
from contextlib import suppress

from tests.unit.transport.guest import playing
from tests.unit.transport.guest.playing import Event

from runbook.common.clock import SystemClock
from runbook.common.errors import RunbookError
from runbook.transport.guest.console import open_console
from runbook.transport.guest.expect import Patience, Where
from runbook.transport.guest.login import Credentials, Secret


def record(console: int, password: str) -> list[Event]:
    """Log in at a console, which is a file descriptor, run a command, leave; all that was seen."""
    events: list[Event] = []
    near, far = socket.socketpair()
    threading.Thread(target=_proxy, args=(console, far, events), daemon=True).start()
    credentials = Credentials(playing.USER, lambda: Secret(password))
    try:
        channel = open_console(
            Where("server-01", "vm-01"), near, credentials, playing.TOKEN, SystemClock(),
            Patience(arrive=240),
        )  # fmt: skip
        channel.run(("true",))
        channel.close()
    except RunbookError as error:
        sys.stderr.write(f"{error}\n")
    # Where there is no such shell, what is typed for it is part of the recording.
    return events if os.environ.get("KEEP") else _without_shell(events)


def _proxy(console: int, far: socket.socket, events: list[Event]) -> None:
    with suppress(OSError):
        while True:
            ready, _, _ = select.select([console, far.fileno()], [], [], 5)
            if far.fileno() in ready:
                data = far.recv(4096)
                if not data:
                    return
                events.append(Event(">", data))
                os.write(console, data)
            if console in ready:
                # Between two programs on a terminal nobody has it open.
                with suppress(OSError):
                    data = os.read(console, 4096)
                    events.append(Event("<", data))
                    far.sendall(data)


def _without_shell(events: list[Event]) -> list[Event]:
    """The events, but for what is said between the start of the package's own sh and its end."""
    kept: list[Event] = []
    inside = False
    for event in events:
        if event.data == b" /bin/sh\r":
            kept += [event, Event("~", b"sh")]
            inside = True
        elif inside and event.data.endswith(b"exit\r"):
            inside = False
        elif not inside:
            kept.append(event)
    return kept


def main() -> None:
    """Run the command on a terminal, and record."""
    name, how, *argv = sys.argv[1:]
    pid, console = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "vt220"
        os.execvp(argv[0], argv)  # noqa: S606 - the argv is the operator's own
    # What somebody has left on the line, before anybody comes.
    os.write(console, os.environ.get("LEFT_TYPED", "").encode())
    time.sleep(2)
    events = record(console, os.environ.get("GUEST_PASSWORD", playing.PASSWORD))
    (playing.FOLDER / f"{name}.txt").write_text(playing.dump(how, events))


if __name__ == "__main__":
    main()
