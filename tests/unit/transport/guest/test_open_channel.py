"""Agents that answer, refuse and fall silent, and the way that is taken then."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.unit.fakes import Time
from tests.unit.transport.guest import playing
from tests.unit.transport.guest.playing import Guest

from runbook.common.clock import SystemClock
from runbook.common.errors import (
    AgentRefused,
    AgentSilent,
    ConnectionLost,
    ConsoleTaken,
    LoginRefused,
    NoConsole,
    NoWayIn,
    StepFailed,
)
from runbook.transport.guest import Channel, ChannelOptions, Credentials, Secret, open_channel
from runbook.transport.guest.agent import AgentChannel, open_agent
from runbook.transport.guest.expect import Patience

ALL = ("guest-exec", "guest-exec-status", "guest-ping")
TOLD = {"host": "server-01", "state": "untouched", "then": "mend it"}
SWIFT = Patience(quiet=0.1, answer=2, arrive=2, leave=0.3)
Fails = Callable[[str], Exception | None]


@dataclass
class FakeDoors:
    """An agent that runs commands on this machine, and a console from a recording, or neither."""

    enabled: tuple[str, ...] = ALL
    console: Guest | Exception | None = None
    fails: Fails = lambda _command: None
    never_ends: bool = False
    says: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    host: str = "server-01"
    guest: str = "vm-01"

    def ask_agent(self, command: str, *, timeout: float) -> str:
        del timeout
        asked = json.loads(command)
        self.asked.append(asked["execute"])
        error = self.fails(asked["execute"])
        if error is not None:
            raise error
        said = self.says.get(asked["execute"])
        return json.dumps({"return": self._answer(asked)}) if said is None else said

    def open_console(self, *, force: bool) -> socket.socket:
        del force
        if isinstance(self.console, Guest):
            return self.console.console
        raise self.console or NoConsole("no console", **TOLD)

    def _answer(self, asked: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        given = asked.get("arguments", {})
        match asked["execute"]:
            case "guest-info":
                names = {name: name in self.enabled for name in ALL}
                return {"supported_commands": [{"name": n, "enabled": e} for n, e in names.items()]}
            case "guest-exec":
                self._done = subprocess.run(
                    [given["path"], *given["arg"]],
                    input=base64.b64decode(given.get("input-data", "")),
                    capture_output=True,
                    check=False,
                )
                return {"pid": 42}
            case "guest-exec-status" if self.never_ends:
                return {"exited": False}
            case "guest-exec-status":
                return {
                    "exited": True,
                    "exitcode": self._done.returncode,
                    "out-data": base64.b64encode(self._done.stdout).decode(),
                    "err-data": base64.b64encode(self._done.stderr).decode(),
                }
            case "guest-network-get-interfaces":
                inet = {"ip-address": "10.0.0.2", "prefix": 8, "ip-address-type": "ipv4"}
                return [
                    {"name": "lo"},
                    {"name": "eth0", "hardware-address": "52:54", "ip-addresses": [inet]},
                ]
        return {}


def silent(from_command: str) -> Fails:
    def fails(command: str) -> Exception | None:
        return AgentSilent("not connected", **TOLD) if command == from_command else None

    return fails


def entered(doors: FakeDoors, password: str = "lab") -> Channel:  # noqa: S107 - a recording's
    ways = ChannelOptions(playing.TOKEN, patience=SWIFT)
    credentials = Credentials("root", lambda: Secret(password))
    return open_channel(doors, credentials, ways, clock=SystemClock())


def test_neither_way_is_said_with_what_was_tried() -> None:
    with pytest.raises(NoWayIn) as caught:
        entered(FakeDoors(fails=silent("guest-ping")))
    assert caught.value.tried == ("qemu-guest-agent: not connected", "serial console: no console")
    assert caught.value.host == "server-01"


def test_with_nobody_in_what_the_console_showed_is_kept_and_its_end_is_told() -> None:
    shown = playing.Event("<", b"Give root password for maintenance\r\n")
    with pytest.raises(NoWayIn) as caught:
        entered(FakeDoors(fails=silent("guest-ping"), console=Guest((shown,))))
    told = "the last lines that the console showed: Give root password for maintenance"
    assert told in caught.value.what
    assert caught.value.tried[1].endswith(told)
    assert "Give root password" in caught.value.transcript
    assert "»" in caught.value.transcript


def test_a_secret_that_somebody_left_on_the_screen_is_in_no_error_and_no_transcript() -> None:
    shown = playing.Event("<", b"# mount -o x --password hunter22\r\nPlymouth\r\n")
    with pytest.raises(NoWayIn) as caught:
        entered(FakeDoors(fails=silent("guest-ping"), console=Guest((shown,))))
    assert "Plymouth" in caught.value.what
    assert "hunter22" not in caught.value.what + caught.value.transcript


def test_an_agent_that_may_run_nothing_gives_way_to_the_console() -> None:
    doors = FakeDoors(enabled=("guest-ping",), console=Guest(playing.load("debian-12")))
    channel = entered(doors)
    assert channel.how == "serial console"
    channel.close()
    with pytest.raises(AgentRefused, match="guest forbids it: guest-exec, guest-exec-status"):
        open_agent(doors, Time())


@pytest.mark.parametrize(
    ("console", "error"),
    [
        (ConsoleTaken("somebody else", **TOLD), ConsoleTaken),
        (Guest(playing.load("wrong-password")), LoginRefused),
    ],
    ids=["taken", "refused"],
)
def test_a_console_that_says_no_is_not_gone_around(
    console: Guest | Exception, error: type[Exception]
) -> None:
    with pytest.raises(error):
        entered(FakeDoors(fails=silent("guest-ping"), console=console), "wrong")


def test_an_agent_comes_first_and_runs_what_it_is_told() -> None:
    channel = entered(FakeDoors(console=NoConsole("not asked", **TOLD)))
    assert channel.how == "qemu-guest-agent"
    words = ("it's", "$x", "a\nb", "")
    done = channel.run(
        ("sh", "-c", 'printf "%s|" "$@"; cat; exit 3', "sh", *words), stdin=b"\0\xff"
    )
    assert (done.returncode, done.stdout) == (3, b"it's|$x|a\nb||\0\xff")
    assert channel.run(("no-such-program",)).returncode == 127
    assert "no-such-program -> exit status 127" in channel.transcript


def test_an_agent_that_falls_silent_is_a_lost_connection() -> None:
    channel = AgentChannel(FakeDoors(fails=silent("guest-exec-status")), Time())
    with pytest.raises(ConnectionLost, match="fell silent at true"):
        channel.run(("true",))


ODD = (
    "", "no JSON", "[]", "{}", '{"return": []}', '{"return": {}}', '{"return": 7}',
    '{"return": {"pid": {}}}', '{"return": {"exited": true, "exitcode": []}}',
    '{"return": {"exited": true, "exitcode": 0, "out-data": "x"}}',
)  # fmt: skip


@pytest.mark.parametrize("answer", ODD)
@pytest.mark.parametrize("command", ["guest-exec", "guest-exec-status"])
def test_an_agent_that_talks_nonsense_is_a_lost_connection(answer: str, command: str) -> None:
    channel = AgentChannel(FakeDoors(says={command: answer}), Time())
    with pytest.raises(ConnectionLost, match=f"answers {command} with invalid data"):
        channel.run(("true",))


@pytest.mark.parametrize("answer", [*ODD[:4], '{"return": {"supported_commands": [7]}}'])
def test_an_agent_that_talks_nonsense_gives_way_to_the_console(answer: str) -> None:
    with pytest.raises(NoWayIn, match=r"with invalid data.*no console"):
        entered(FakeDoors(says={"guest-info": answer}))


def test_a_command_that_an_agent_refuses_is_a_failed_step() -> None:
    def fails(command: str) -> Exception | None:
        return AgentRefused("disabled", **TOLD) if command == "guest-exec" else None

    with pytest.raises(StepFailed, match="could not run true"):
        AgentChannel(FakeDoors(fails=fails), Time()).run(("true",))


def test_a_command_that_does_not_end_is_killed() -> None:
    doors = FakeDoors(never_ends=True)
    with pytest.raises(StepFailed, match="did not end within 5 s"):
        AgentChannel(doors, Time()).run(("true",), timeout=5)
    assert doors.asked[-1] == "guest-exec"
