"""A person at a guest's serial console, who does what the instructions say, to the letter."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from tests.lab import serial_line

INDENT = " " * 7
# A DHCP client takes its time to end, and so does a ping that nobody answers.
PATIENCE_S = 90
# An editor: one stanza of $1 out, another in.
EDIT = (
    "awk -v nic=$NIC '"
    '$1 == "iface" && $2 == nic && $3 == "inet" '
    '{ out = 1; while ((getline l < "/run/new") > 0) print l; next } '
    "out && /^[ \\t]/ { next } { out = 0; print }"
    "' /etc/network/interfaces >/run/made; cat /run/made >/etc/network/interfaces"
)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What is to be typed and written, by the number that it stands under."""

    find: tuple[str, ...]
    down: tuple[str, ...]
    stanza: tuple[str, ...]
    up: tuple[str, ...]
    back: tuple[str, ...]


def read(text: str) -> Instructions:
    """As they are shown; a command is all that stands furthest in."""
    found: dict[str, list[str]] = {}
    under = ""
    for line in text.splitlines():
        if line.startswith(INDENT):
            found.setdefault(under, []).append(line.removeprefix(INDENT))
        elif line[:1].isdigit() or "To go back" in line:
            under = line.strip()[:2]
        elif not line.strip():
            under = ""
    find, down, stanza, up, back = (tuple(found[n]) for n in ("1.", "2.", "3.", "4.", "To"))
    return Instructions(find, down, stanza, up, back)


def log_in(host: str, guest: str) -> None:
    """With the right password, which only this person knows.

    A login that somebody has left half made is got out of by pressing Enter again.
    """
    enter, *rest = serial_line.LOGIN
    for _ in range(4):
        ended, shown = serial_line.talk(host, guest, enter)
        if ended:
            break
    assert ended, shown
    ended, shown = serial_line.talk(host, guest, *rest, seconds=PATIENCE_S)
    assert ended, shown


def types(host: str, guest: str, command: str) -> str:
    """One command in the shell that is open, and what it shows."""
    shown = serial_line.run(host, guest, command, PATIENCE_S)
    # For whoever asks why it did not work.
    sys.stdout.write(f"{shown}\n")
    return shown


def log_out(host: str, guest: str) -> None:
    """The console is somebody else's again."""
    ended, shown = serial_line.talk(host, guest, ("exit\r", "login: "))
    assert ended, shown


def carry_out(host: str, guest: str, told: Instructions, slip: tuple[str, str] = ("", "")) -> None:
    """All of it; with a slip of the pen, one text stands for another in what is written."""
    log_in(host, guest)
    for command in (*told.find, *told.down):
        types(host, guest, command)
    nic = re.findall(r"=(\w+)=", types(host, guest, "echo =$NIC="))[-1]
    types(host, guest, ": >/run/new")
    for line in told.stanza:
        written = line.replace("NIC", nic).replace(*slip) if slip[0] else line.replace("NIC", nic)
        types(host, guest, f"echo '{written}' >>/run/new")
    types(host, guest, EDIT)
    for command in told.up:
        types(host, guest, command)
    log_out(host, guest)


def go_back(host: str, guest: str, told: Instructions) -> None:
    """What stands under `To go back`, by somebody who logs in for it."""
    log_in(host, guest)
    for command in (told.find[0], *told.back):
        types(host, guest, command)
    log_out(host, guest)
