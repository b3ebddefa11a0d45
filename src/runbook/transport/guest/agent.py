"""A guest through its qemu-guest-agent: commands only, for files can be had by commands.

`guest-file-*` is not used: where an agent may not run commands, nothing can be
done with files alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runbook.clock import Clock
from runbook.errors import AgentRefused, AgentSilent, ConnectionLost, StepFailed
from runbook.transport.guest import files
from runbook.transport.guest.channel import AGENT
from runbook.transport.guest.doors import Doors
from runbook.transport.guest.shell import PATH
from runbook.transport.host import Completed

NEEDED = ("guest-exec", "guest-exec-status")
_ANSWER_S = 10.0
# A script is long; its beginning says which it is.
_TOLD = 160
_POLL_S = (0.05, 0.1, 0.2, 0.5)
# What the agent has for an environment is its service's, or nothing at all.
_ENVIRONMENT = f'PATH={PATH} LC_ALL=C; export PATH LC_ALL; exec "$@"'


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface as the agent tells of it; `addresses` as address/length."""

    name: str
    mac: str
    addresses: tuple[str, ...]


class AgentChannel:
    """Implements Channel. Make one with `open_agent`."""

    how = AGENT

    def __init__(self, doors: Doors, clock: Clock) -> None:
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
        self._ask("guest-ping")

    def enabled(self) -> tuple[str, ...]:
        """The commands that it is allowed to carry out."""
        told = self._ask("guest-info").get("supported_commands", [])
        return tuple(str(command["name"]) for command in told if command["enabled"])

    def interfaces(self) -> tuple[Interface, ...]:
        """The guest's interfaces with their addresses."""
        return tuple(_interface(one) for one in self._ask("guest-network-get-interfaces"))

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """Run a command to its end."""
        words = ["-c", _ENVIRONMENT, "sh", *argv]
        given = {"input-data": base64.b64encode(stdin).decode()} if stdin else {}
        try:
            begun = self._ask(
                "guest-exec", {"path": "/bin/sh", "arg": words, "capture-output": True, **given}
            )
            done = self._wait(begun["pid"], argv[0], timeout)
        except AgentRefused as error:
            raise self._failed(argv[0], error.what) from error
        except AgentSilent as error:
            raise self._lost(argv[0], error) from error
        shown = " ".join(" ".join(argv).split())
        self._told.append(f"{shown[:_TOLD]} -> exit status {done.get('exitcode')}")
        if done.get("out-truncated") or done.get("err-truncated"):
            raise self._failed(argv[0], "it wrote more than the agent hands on")
        # A shell's way to tell of a signal.
        status = int(done.get("exitcode", 128 + int(done.get("signal", 0))))
        return Completed(tuple(argv), status, _data(done, "out-data"), _data(done, "err-data"))

    def read_file(self, path: str) -> bytes | None:
        """The content of a file; None where there is none."""
        return files.read(self.run, path)

    def write_file(self, path: str, content: bytes, mode: int) -> None:
        """Write atomically and durably."""
        files.write(self.run, path, content, mode)

    def close(self) -> None:
        """Nothing stays open."""

    def _wait(self, pid: int, program: str, timeout: float) -> dict[str, Any]:
        until = self._clock.monotonic() + timeout
        polls = 0
        while True:
            told: dict[str, Any] = self._ask("guest-exec-status", {"pid": pid})
            if told["exited"]:
                return told
            if self._clock.monotonic() > until:
                self._ask("guest-exec", {"path": "/bin/kill", "arg": ["-KILL", str(pid)]})
                raise self._failed(program, f"it did not end within {timeout:g} s and was killed")
            self._clock.sleep(_POLL_S[min(polls, len(_POLL_S) - 1)])
            polls += 1

    def _ask(self, command: str, arguments: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 (JSON)
        asked = {"execute": command, **({"arguments": arguments} if arguments else {})}
        return json.loads(self._doors.ask_agent(json.dumps(asked), timeout=_ANSWER_S))["return"]

    def _failed(self, program: str, why: str) -> StepFailed:
        return StepFailed(
            f"could not run {program} in guest {self.guest}: {why}",
            host=self._doors.host,
            state="this step is not known to be made; the steps before it stand",
            then="undo the change, mend what is named here, then start again",
        )

    def _lost(self, program: str, error: AgentSilent) -> ConnectionLost:
        return ConnectionLost(
            f"the agent of guest {self.guest} fell silent at {program}: {error.what}",
            host=self._doors.host,
            state="what was being done in the guest goes on or not; its own undo stands",
            then="get into the guest again: if its agent stays silent, by its serial console",
        )


def open_agent(doors: Doors, clock: Clock) -> AgentChannel:
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


def _data(done: dict[str, Any], key: str) -> bytes:
    return base64.b64decode(str(done.get(key, "")))


def _interface(told: dict[str, Any]) -> Interface:
    addresses = (f"{one['ip-address']}/{one['prefix']}" for one in told.get("ip-addresses", []))
    return Interface(str(told["name"]), str(told.get("hardware-address", "")), tuple(addresses))
