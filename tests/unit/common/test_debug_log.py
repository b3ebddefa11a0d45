"""RUNBOOK_LOG=debug: what it tells, what it never tells, and that it is silent without it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.logs import logging_to

from runbook.common import debug_log
from runbook.transport import local
from runbook.transport.hypervisor import Hypervisor
from runbook.transport.session import RelayRefused, RelaySession

SECRET = "correct-horse-battery"  # noqa: S105 - planted, to be looked for


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as with the switch."""
    with logging_to(io.StringIO(), {}) as stream:
        yield stream


def test_each_request_tells_what_was_run_how_it_ended_and_how_long_it_took(
    log: io.StringIO,
) -> None:
    session = RelaySession("server-01", local())
    session.request("run", argv=["sh", "-c", "exit 3"], limit=5.0, timeout=10.0)
    session.request("read", paths=["/nowhere", "/etc/hostname"], timeout=10.0)
    with pytest.raises(RelayRefused):
        session.request("dance", timeout=10.0)
    session.close()
    lines = log.getvalue().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S", line) for line in lines)
    told = [re.sub(r", \d+ ms$", ", N ms", line.partition(" ")[2]) for line in lines]
    assert told == [
        "connect to server-01 (this machine) -> ok, N ms",
        "server-01: run sh -c 'exit 3' -> exit status 3, N ms",
        "server-01: read /nowhere /etc/hostname -> ok, N ms",
        "server-01: dance -> refused, errno 0, N ms",
        "server-01: the connection is gone: it was closed",
    ]


def test_a_request_whose_connection_broke_is_lost(log: io.StringIO) -> None:
    session = RelaySession("server-01", local())
    answer = session.submit("run", argv=["sleep", "30"], limit=40.0)
    session.close()
    assert answer.exception() is not None
    assert "run sleep 30 -> lost, " in log.getvalue()


def test_libvirt_is_told_by_what_was_asked_of_it(log: io.StringIO) -> None:
    hypervisor = Hypervisor("server-01", "test:///default")
    hypervisor.version()
    hypervisor.close()
    assert "libvirt of server-01: open test:///default -> ok, " in log.getvalue()
    assert "libvirt of server-01: tell its version -> ok, " in log.getvalue()


@pytest.mark.parametrize(
    "argv",
    [
        ["mount", "-o", f"password={SECRET}"],
        ["tool", "--token", SECRET],
        ["curl", f"https://me:{SECRET}@example.org/"],
        ["curl", "-u", f"me:{SECRET}"],
        ["sh", "-c", f"API_KEY={SECRET} exec thing"],
        ["true", "one\ntwo", f"passphrase: {SECRET}"],
    ],
)
def test_a_secret_in_an_argument_is_not_in_the_log(argv: list[str], log: io.StringIO) -> None:
    with debug_log.timed(" ".join(argv)):
        pass
    (line,) = log.getvalue().splitlines()
    assert SECRET not in line
    assert argv[0] in line


def test_a_secret_of_the_environment_is_not_in_the_log_wherever_it_turns_up() -> None:
    with logging_to(io.StringIO(), {"RUNBOOK_GUEST_PASSWORD_VM_01": SECRET}) as log:
        session = RelaySession("server-01", local())
        session.request("run", argv=["echo", SECRET], limit=5.0, timeout=10.0)
        session.close()
    assert "run echo <redacted> -> exit status 0" in log.getvalue()
    assert SECRET not in log.getvalue()


def test_what_a_command_reads_and_writes_is_not_in_the_log(log: io.StringIO) -> None:
    session = RelaySession("server-01", local())
    session.request("run", b"typed-in", argv=["cat"], limit=5.0, timeout=10.0)
    session.close()
    assert "typed-in" not in log.getvalue()


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_stops_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with logging_to(Full(), {}), debug_log.timed("a step"):
        pass
    assert capfd.readouterr().err == ""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose host is this machine, without libvirt."""
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "here.yaml").write_text("connect: local\n")
    return tmp_path


def status(home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """What `runbook status here --json` says."""
    program = "import sys; from runbook.cli import main; sys.argv[1:] = sys.argv[1:]; main()"
    argv = (sys.executable, "-c", program, "status", "here", "--json")
    env = {**os.environ, "RUNBOOK_HOME": str(home), **environ}
    return subprocess.run(argv, capture_output=True, text=True, env=env, check=True)


def test_the_command_logs_on_standard_error_and_only_with_the_switch(home: Path) -> None:
    silent, told = status(home), status(home, RUNBOOK_LOG="debug")
    assert silent.stderr == ""
    assert told.stdout == silent.stdout
    assert "here: glob /var/lib/runbook/armed -> ok, " in told.stderr
    assert status(home, RUNBOOK_LOG="no").stderr == ""
