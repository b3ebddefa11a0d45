"""The QEMU process of a host: start it, find it, ask it, end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from runbook.lab import booting, shell, wiring
from runbook.lab.hardware import MOST_NICS
from runbook.lab.names import SWITCH, folder, namespace, tap
from runbook.lab.qemu import command, console, sockets
from runbook.lab.qemu.command import Disk
from runbook.lab.qemu.golden import Golden
from runbook.lab.shell import failed

# Emulated, on a machine with other work.
BOOT_S = 600.0
START_S, LOAD_S, GONE_S = 20.0, 120.0, 20.0


def start(golden: Golden, disk: Disk, state: Path | None = None) -> None:
    """Give it power, with its cables in; from `state` on it stands still until `go_on`."""
    host = golden.host
    wiring.plug_in_taps(tap(host, number) for number in range(golden.hardware.nics))
    words = command.words(host, golden.hardware, golden.image, disk, state)
    with (folder(host) / "qemu.log").open("ab") as log:
        started = subprocess.Popen(
            ("ip", "netns", "exec", SWITCH, *words),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    shell.wait_for(f"starting QEMU for {host}", lambda: _answers(started, host), START_S, 0.02)


def _answers(started: subprocess.Popen[bytes], host: str) -> bool:
    if started.poll() is not None:
        said = (folder(host) / "qemu.log").read_text(errors="replace")
        raise failed(f"starting QEMU for {host}", said.strip()[-500:] or "it ended at once")
    try:
        ask(host, "query-status")
    except OSError:
        return False
    return True


def ask(host: str, name: str, arguments: dict[str, Any] | None = None) -> object:
    """What QEMU's monitor returns."""
    return sockets.monitor(command.monitor_socket(host), name, arguments)


def status(host: str) -> str:
    """QEMU's word for what the machine does now."""
    answer = ask(host, "query-status")
    return str(answer["status"]) if isinstance(answer, dict) else ""


def go_on(host: str) -> None:
    """Run again, once all of the snapshot is read."""
    shell.wait_for(
        f"reading the snapshot of {host}", lambda: status(host) != "inmigrate", LOAD_S, 0.05
    )
    ask(host, "cont")


def wait_until_up(host: str) -> None:
    """Wait until the operator can log in."""
    booting.wait(host, partial(_missing, host), BOOT_S)


def _missing(host: str) -> str:
    if not leader(host):
        return f"it has no power; see {folder(host)}/qemu.log"
    return booting.missing(host, partial(run, host))


def run(host: str, argv: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command in the host, from this process: a new one would take as long as the command."""
    command_line = [*booting.clean_environment(), *argv]
    return console.run(command.agent_socket(host), command_line, stdin)


def at_console(host: str, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` through the agent in the host."""
    if not leader(host):
        raise failed(host, "it has no power", f"runbook lab power-on {host}")
    agent = (sys.executable, "-m", "runbook.lab.qemu.console", str(command.agent_socket(host)))
    return [*agent, *booting.clean_environment(), *argv]


def leader(host: str) -> int:
    """The host's QEMU process; 0 when the power is off."""
    name = f"guest={namespace(host)}"
    lines = shell.command_lines().items()
    found = [pid for pid, line in lines if Path(line[0]).name == command.PROGRAM and name in line]
    return next((pid for pid in sorted(found) if shell.alive(pid)), 0)


def cut(host: str) -> None:
    """End it at this instant."""
    if pid := leader(host):
        os.kill(pid, signal.SIGKILL)
        shell.wait_for(f"power-cut {host}", lambda: not shell.alive(pid), GONE_S, pause=0.01)
    unplug(host)


def unplug(host: str) -> None:
    """Its ports at the switch away."""
    for number in range(MOST_NICS):
        wiring.unplug_tap(tap(host, number))


def set_link(host: str, number: int, *, up: bool) -> None:
    """The carrier of one NIC, as the host sees it."""
    ask(host, "set_link", {"name": f"nic{number}", "up": up})


def save(host: str, state: Path) -> None:
    """Stop the machine, write all of it but its disk to a file, and end it."""
    ask(host, "stop")
    ask(host, "migrate-set-parameters", {"max-bandwidth": 1 << 33})
    ask(host, "migrate", {"uri": f"exec:cat >{state}"})
    shell.wait_for(f"the snapshot of {host}", lambda: _saved(host), LOAD_S)
    ask(host, "quit")
    shell.wait_for(f"ending {host}", lambda: not leader(host), GONE_S)
    unplug(host)


def _saved(host: str) -> bool:
    answer = ask(host, "query-migrate")
    told = answer if isinstance(answer, dict) else {}
    if told.get("status") == "failed":
        raise failed(
            f"the snapshot of {host}", str(told.get("error-desc", "QEMU does not say why"))
        )
    return told.get("status") == "completed"
