"""Sessions over stand-ins for ssh and sudo: what they say when they fail is theirs."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runbook.common.errors import (
    ConnectionLost,
    HostKeyRejected,
    MendAccess,
    PythonMissing,
    RunbookError,
    SudoRefused,
)
from runbook.transport import local, ssh, ssh_sudo, sudo
from runbook.transport.prefixes import Prefix
from runbook.transport.session import RelayRefused, RelaySession

CHANGED_KEY = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key verification failed."""
UNKNOWN_KEY = """\
No ED25519 host key is known for server-01 and you have requested strict checking.
Host key verification failed."""
# Runs the far side's command here, as a login shell would.
LOGIN = 'for last; do :; done; exec sh -c "$last"'

StandIn = Callable[[str, str], None]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Put a shell script in the place of a program."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def write(program: str, script: str) -> None:
        path = tmp_path / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return write


@pytest.fixture
def session() -> Iterator[RelaySession]:
    session = RelaySession("here", local())
    yield session
    session.close()


@pytest.mark.parametrize(
    ("words", "status", "error", "said"),
    [
        (CHANGED_KEY, 255, HostKeyRejected, "is not the one known"),
        (UNKNOWN_KEY, 255, HostKeyRejected, "is not known here"),
        ("root@server-01: Permission denied (publickey).", 255, MendAccess, "refused the login"),
        ("connect to host x port 22: Connection refused", 255, ConnectionLost, "refused"),
        ("connect to host x port 22: No route to host", 255, ConnectionLost, "No route"),
        ("Could not resolve hostname x", 255, ConnectionLost, "resolve"),
        ("sh: 1: python3: not found", 127, PythonMissing, "no usable python3"),
        ("bash: line 1: python3: command not found", 127, PythonMissing, "python3"),
        ("runbook needs Python 3.7 or newer on the host", 1, PythonMissing, "3.7"),
        ("This account is not available", 1, MendAccess, "not available"),
        ("", 1, MendAccess, "it said nothing; exit status 1"),
    ],
)
def test_ssh_that_fails_says_what_to_mend(
    stand_in: StandIn, words: str, status: int, error: type[RunbookError], said: str
) -> None:
    stand_in("ssh", f"cat >&2 <<'END'\n{words}\nEND\nexit {status}")
    with pytest.raises(MendAccess, match=said) as caught:
        RelaySession("server-01", ssh("server-01"))
    assert type(caught.value) is error
    assert caught.value.host == "server-01"
    assert "nothing was read or written" in caught.value.state
    assert caught.value.then


@pytest.mark.parametrize("prefix", [sudo(), ssh_sudo("server-01")], ids=["local", "ssh"])
@pytest.mark.parametrize(
    "words", ["sudo: a password is required", "op is not in the sudoers file."]
)
def test_sudo_that_wants_a_password_is_named(stand_in: StandIn, prefix: Prefix, words: str) -> None:
    stand_in("ssh", LOGIN)
    stand_in("sudo", f"echo '{words}' >&2; exit 1")
    with pytest.raises(SudoRefused, match="sudo -n was refused"):
        RelaySession("server-01", prefix)


def test_a_machine_without_sudo_is_not_said_to_lack_python(stand_in: StandIn) -> None:
    stand_in("ssh", "echo 'env: \u2018sudo\u2019: No such file or directory' >&2; exit 127")
    with pytest.raises(SudoRefused):
        RelaySession("server-01", ssh_sudo("server-01"))


def test_sudo_without_python_is_not_taken_for_a_refusal(stand_in: StandIn) -> None:
    stand_in("sudo", "echo 'sudo: python3: command not found' >&2; exit 1")
    with pytest.raises(PythonMissing):
        RelaySession("server-01", sudo())


def test_a_machine_without_python_is_named(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in("ssh", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PythonMissing):
        RelaySession("here", local())


def test_a_host_that_never_answers_is_given_up(stand_in: StandIn) -> None:
    stand_in("ssh", "exec sleep 60")
    began = time.monotonic()
    with pytest.raises(ConnectionLost, match="no connection over ssh server-01"):
        RelaySession("server-01", ssh("server-01"), patience=0.5)
    assert time.monotonic() - began < 5


def test_what_a_login_shell_prints_first_does_no_harm(stand_in: StandIn) -> None:
    stand_in("ssh", f"printf 'Welcome!\\n\\0runbook-rel\\377'; {LOGIN}")
    session = RelaySession("server-01", ssh("server-01"))
    assert session.request("ping", timeout=5).payload == b""
    assert session.login.greeting.startswith("Welcome!\n")
    session.close()


def test_endless_noise_is_given_up(stand_in: StandIn) -> None:
    stand_in("ssh", "exec cat /dev/zero")
    with pytest.raises(MendAccess):
        RelaySession("server-01", ssh("server-01"), patience=5)


def test_a_file_beside_the_login_does_not_shadow_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "socket.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    RelaySession("here", local()).close()


def test_a_killed_relay_is_a_lost_connection_for_every_caller_at_once() -> None:
    session = RelaySession("here", local())
    (pid,) = children()
    errors: list[BaseException] = []
    callers = [threading.Thread(target=_ask, args=(session, errors)) for _ in range(3)]
    for caller in callers:
        caller.start()
    time.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    for caller in callers:
        caller.join(5)
    assert [type(error) for error in errors] == [ConnectionLost] * 3
    assert time.monotonic() - began < 2
    with pytest.raises(ConnectionLost, match="lost"):
        session.request("ping", timeout=5)
    session.close()


def test_a_relay_that_falls_silent_is_a_lost_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runbook.transport.wire._SILENCE_S", 1)
    session = RelaySession("here", local())
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(ConnectionLost, match="nothing was heard"):
        session.request("ping", timeout=30)
    assert time.monotonic() - began < 8
    session.close()


def test_commands_end_with_the_relay(session: RelaySession) -> None:
    for sign in (signal.SIGKILL, signal.SIGTERM):
        other = RelaySession("here", local())
        relay = max(children())
        other.submit("run", argv=["sleep", "61"], limit=60)
        sleeper = wait_for_child(relay)
        os.kill(relay, sign)
        assert wait_until(functools.partial(gone, sleeper))
        other.close()
    assert session.request("ping", timeout=5)


def test_commands_end_when_the_connection_closes() -> None:
    session = RelaySession("here", local())
    (relay,) = children()
    session.submit("run", argv=["sleep", "61"], limit=60)
    sleeper = wait_for_child(relay)
    session.close()
    assert wait_until(functools.partial(gone, sleeper))


def test_an_answer_that_comes_too_late_is_refused_and_the_session_lives(
    session: RelaySession,
) -> None:
    with pytest.raises(RelayRefused, match="no answer within"):
        session.result(session.submit("run", argv=["sleep", "1"], limit=5), 0.1)
    assert session.request("ping", timeout=5)


def test_what_the_relay_does_not_know_is_refused(session: RelaySession) -> None:
    with pytest.raises(RelayRefused, match="dance"):
        session.request("dance", timeout=5)


def test_closing_twice_is_no_error(session: RelaySession) -> None:
    session.close()
    session.close()


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    RelaySession("here", local()).close()
    assert list(tmp_path.iterdir()) == []
    assert children() == set()


def _ask(session: RelaySession, errors: list[BaseException]) -> None:
    try:
        session.result(session.submit("run", argv=["sleep", "30"], limit=40), 60)
    except ConnectionLost as error:
        errors.append(error)


def children(of: int | None = None) -> set[int]:
    """Living children of a process, without those that only wait to be reaped."""
    parent = of or os.getpid()
    found = set()
    for task in Path(f"/proc/{parent}/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return {pid for pid in found if alive(pid)}


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    return not alive(pid)


def wait_for_child(parent: int) -> int:
    assert wait_until(lambda: bool(children(parent)))
    return children(parent).pop()


def wait_until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_the_stand_ins_are_found_first(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("ssh", "")
    assert shutil.which("ssh") == str(tmp_path / "ssh")


FAKE = """\
import os, struct, sys, threading, time
def listen(): sys.stdin.buffer.read(), os._exit(0)
threading.Thread(target=listen, daemon=True).start()
os.write(1, b"\\0runbook-relay 1\\n")
for header in (b'{"id": 0}', sys.argv[1].encode()):
    os.write(1, struct.pack(">II", len(header), 0) + header)
    time.sleep(1)
time.sleep(60)
"""


@pytest.mark.parametrize("header", ['{"id": [1]}', '{"channel": {}}', '[{"id": 1}'])
def test_a_header_of_another_shape_is_told_at_once(
    stand_in: StandIn, tmp_path: Path, header: str
) -> None:
    fake = tmp_path / "fake.py"
    fake.write_text(FAKE)
    stand_in("ssh", shlex.join(["exec", sys.executable, str(fake), header]))
    session = RelaySession("server-01", ssh("server-01"))
    began = time.monotonic()
    with pytest.raises(ConnectionLost, match="not of this protocol"):
        session.request("ping", timeout=8)
    assert time.monotonic() - began < 7
    session.close()
