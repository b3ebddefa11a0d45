"""A command at the console of a QEMU host, through the guest agent: no network is needed.

``python -m runbook.lab.qemu.console SOCKET COMMAND...`` passes standard input on, prints what the
command prints when it has ended, and ends with its exit status.
"""

from __future__ import annotations

import base64
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runbook.common.errors import LabError
from runbook.lab.qemu import sockets
from runbook.lab.qemu.sockets import Line

ANSWER_S = 10.0
# Others who want the agent get it in between.
HOLD_S, PAUSE_S = 1.0, 0.5
NO_CONSOLE = 255


@contextmanager
def agent(path: Path) -> Iterator[Line]:
    """The agent, alone; what it still had to say to somebody who has gone is passed over."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with sockets.line(path, ANSWER_S) as connection:
            number = time.monotonic_ns() & 0x7FFFFFFF
            connection.send("guest-sync-delimited", {"id": number})
            while connection.receive().get("return") != number:
                pass
            yield connection


def execute(path: Path, argv: Sequence[str], stdin: bytes) -> dict[str, Any]:
    """Run it and wait for its end; what guest-exec-status returns then."""
    arguments: dict[str, Any] = {"path": argv[0], "arg": list(argv[1:]), "capture-output": True}
    if stdin:
        arguments["input-data"] = base64.b64encode(stdin).decode()
    with agent(path) as connection:
        pid = connection.ask("guest-exec", arguments)["pid"]
        status = _status(connection, pid)
    while not status["exited"]:
        time.sleep(PAUSE_S)
        with agent(path) as connection:
            status = _status(connection, pid)
    return status


def _status(connection: Line, pid: int) -> dict[str, Any]:
    end = time.monotonic() + HOLD_S
    while True:
        status: dict[str, Any] = connection.ask("guest-exec-status", {"pid": pid})
        if status["exited"] or time.monotonic() > end:
            return status
        time.sleep(0.02)


def run(path: Path, argv: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run it and wait for its end; exit status NO_CONSOLE if the agent does not answer."""
    try:
        status = execute(path, argv, stdin)
    except (OSError, LabError) as error:
        said = f"the console of this host does not answer: {error}\n"
        return subprocess.CompletedProcess(argv, NO_CONSOLE, b"", said.encode())
    out, err = (base64.b64decode(status.get(name, "")) for name in ("out-data", "err-data"))
    # Ended by a signal, as a shell says it.
    returncode = status.get("exitcode", 128 + status.get("signal", 0))
    return subprocess.CompletedProcess(argv, returncode, out, err)


def main() -> None:
    """Read the arguments, run, print."""
    stdin = b"" if os.isatty(0) else sys.stdin.buffer.read()
    done = run(Path(sys.argv[1]), sys.argv[2:], stdin)
    for stream, told in ((sys.stdout, done.stdout), (sys.stderr, done.stderr)):
        stream.buffer.write(told)
        stream.flush()
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
