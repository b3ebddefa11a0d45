"""What on the host waits for the network at a boot, or binds to the host's address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader

TARGET = "network-online.target"
WAITING = ("systemctl", "show", "--property=WantedBy,RequiredBy", "--", TARGET)
_PROGRAM = re.compile(r'users:\(\("([^"]*)"')


@dataclass(frozen=True, slots=True)
class LateNetwork:
    """Units that have systemd wait for the network, and sockets bound to the address alone."""

    units: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()


def read(host: Reader, address: str) -> LateNetwork:
    """Ask systemd and ss."""
    lines = _ask(host, WAITING)
    units = {name for line in lines for name in line.partition("=")[2].split()}
    listeners = _ask(host, ("ss", "-Hltunp", "src", address))
    return LateNetwork(tuple(sorted(units)), tuple(sorted({_socket(line) for line in listeners})))


def _socket(line: str) -> str:
    """The program and where it listens; the line itself if ss writes something new."""
    words = line.split()
    program = _PROGRAM.search(line)
    where = f"{words[0]} {words[4]}" if len(words) > 4 else line  # noqa: PLR2004 (ss(8)'s columns)
    return f"{program[1] if program else '?'} ({where})"


def _ask(host: Reader, argv: tuple[str, ...]) -> list[str]:
    done = host.query(argv)
    if done.returncode != 0:
        said = octets.text_of(done.stderr).strip()
        raise ReadFailed(
            f"`{' '.join(argv)}` failed: {said or 'it said nothing'}",
            host=host.name,
            state="nothing was written",
            then="run the command on the host as root, and fix what it complains of",
        )
    return [line for line in octets.text_of(done.stdout).splitlines() if line.strip()]
