"""A guest through its qemu-guest-agent, by commands.

`guest-file-*` is not used: where an agent may not run commands, nothing can be
done with files alone.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from runbook.common import debug_log
from runbook.common.clock import Clock
from runbook.common.errors import AgentRefused, AgentSilent, ConnectionLost, StepFailed
from runbook.transport.guest import agent_answers
from runbook.transport.guest.channel import AGENT
from runbook.transport.guest.shell import PATH
from runbook.transport.guest_endpoints import GuestEndpoints
from runbook.transport.host import Completed

NEEDED = ("guest-exec", "guest-exec-status")
_ANSWER_S = 10.0
# A script is long; its beginning says which it is.
_TOLD = 160
T = TypeVar("T")
_POLL_S = (0.05, 0.1, 0.2, 0.5)
# What the agent has for an environment is its service's, or nothing at all.
_ENVIRONMENT = f'PATH={PATH} LC_ALL=C; export PATH LC_ALL; cd /; exec "$@"'


class AgentChannel:
    """Implements Channel. Make one with `open_agent`."""

    how = AGENT

    def __init__(self, doors: GuestEndpoints, clock: Clock) -> None:
        """Nothing is asked yet."""
        self.guest = doors.guest
        self._doors = doors
        self._clock = clock
        self._told: list[str] = []

    @property
    def transcript(self) -> str:
        """Each command and how it ended."""
        return "".join(f"{line}\n" for line in self._told)

    def ping(self) -> None:
        """Raise AgentSilent if nobody answers."""
        self._ask("guest-ping", agent_answers.ANYTHING)

    def enabled(self) -> tuple[str, ...]:
        """The commands that it is allowed to carry out."""
        commands = self._ask("guest-info", agent_answers.INFO).supported_commands
        return tuple(command.name for command in commands if command.enabled)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """Run a command to its end."""
        with debug_log.timed(f"{self.guest} by its agent: {shlex.join(argv)}") as timing:
            done = self._run(argv, stdin, timeout)
            timing.status = f"exit status {done.returncode}"
            return done

    def _run(self, argv: Sequence[str], stdin: bytes, timeout: float) -> Completed:
        words = ["-c", _ENVIRONMENT, "sh", *argv]
        stdin_argument = {"input-data": base64.b64encode(stdin).decode()} if stdin else {}
        try:
            arguments = {"path": "/bin/sh", "arg": words, "capture-output": True, **stdin_argument}
            begun = self._ask("guest-exec", agent_answers.BEGUN, arguments)
            done = self._wait(begun.pid, argv[0], timeout)
        except AgentRefused as error:
            raise self._failed(argv[0], error.what) from error
        except AgentSilent as error:
            raise self._lost(argv[0], error) from error
        command = " ".join(" ".join(argv).split())
        self._told.append(f"{command[:_TOLD]} -> exit status {done.exitcode}")
        if done.out_truncated or done.err_truncated:
            raise self._failed(argv[0], "it wrote more than the agent hands on")
        # A shell's way to tell of a signal.
        status = 128 + done.signal if done.exitcode is None else done.exitcode
        return Completed(tuple(argv), status, done.stdout, done.stderr)

    def close(self) -> str:
        """Nothing stays open."""
        return ""

    def _wait(self, pid: int, program: str, timeout: float) -> agent_answers.Status:
        until = self._clock.monotonic() + timeout
        polls = 0
        while True:
            status = self._ask("guest-exec-status", agent_answers.STATUS, {"pid": pid})
            if status.exited:
                return status
            if self._clock.monotonic() > until:
                kill: dict[str, object] = {"path": "/bin/kill", "arg": ["-KILL", str(pid)]}
                self._ask("guest-exec", agent_answers.BEGUN, kill)
                raise self._failed(program, f"it did not end within {timeout:g} s and was killed")
            self._clock.sleep(_POLL_S[min(polls, len(_POLL_S) - 1)])
            polls += 1

    def _ask(
        self, command: str, shape: TypeAdapter[T], arguments: dict[str, object] | None = None
    ) -> T:
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        answer = self._doors.ask_agent(json.dumps(request), timeout=_ANSWER_S)
        try:
            return shape.validate_python(
                agent_answers.AgentAnswer.model_validate_json(answer).returned
            )
        except ValidationError as error:
            raise self._odd(command) from error

    def _odd(self, command: str) -> AgentSilent:
        return AgentSilent(
            f"the agent of guest {self.guest} answers {command} with invalid data",
            host=self._doors.host,
            state="nothing is known to have been done in the guest by this command",
            then="restart qemu-guest-agent in the guest, or use its serial console",
        )

    def _failed(self, program: str, why: str) -> StepFailed:
        return StepFailed(
            f"could not run {program} in guest {self.guest}: {why}",
            host=self._doors.host,
            state="this step is not known to be made; the steps before it stand",
            then="undo the change, fix what is named here, then start again",
        )

    def _lost(self, program: str, error: AgentSilent) -> ConnectionLost:
        return ConnectionLost(
            f"the agent of guest {self.guest} fell silent at {program}: {error.what}",
            host=self._doors.host,
            state=f"unknown whether {program} still runs; an undo armed in the guest stays armed",
            then="get into the guest again: if its agent stays silent, by its serial console",
        )


def open_agent(doors: GuestEndpoints, clock: Clock) -> AgentChannel:
    """The agent, if it may run commands; AgentRefused names what its guest forbids it."""
    channel = AgentChannel(doors, clock)
    channel.ping()
    missing = [name for name in NEEDED if name not in channel.enabled()]
    if missing:
        raise AgentRefused(
            f"the agent of guest {doors.guest} answers, and its guest forbids it:"
            f" {', '.join(missing)}",
            host=doors.host,
            state="nothing was changed in the guest",
            then="allow them in the guest (/etc/sysconfig/qemu-ga or /etc/qemu/qemu-ga.conf),"
            " or use its serial console",
        )
    return channel
