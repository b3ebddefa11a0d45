"""What a router's own neighbour table holds for an address, asked for over plain ssh.

Only `ip neigh show` is run there, so the router needs neither python3 nor
iproute2's JSON. Whatever goes wrong is an answer: a change is not held up by a
router that does not let itself be asked.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from runbook.transport.bounded import TooLong, output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.transport.prefixes import Prefix

LIMIT_S = 12.0
# A row has some 100 bytes; two interfaces that disagree are two rows.
MOST_BYTES, MOST_MACS = 1 << 16, 16
# ssh's own failures, whatever the command.
SSH_FAILED = 255
LONGEST = 300
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}", re.IGNORECASE)
_LLADDR = re.compile(rf"\blladdr\s+({_MAC.pattern})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RouterSays:
    """The MACs that the table holds for the address; where there is none, `said` is why."""

    router: str
    macs: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class _Said:
    """What the command printed, or why it did not; `reached` says that the router ran it."""

    text: str
    why: str
    reached: bool


def ask(router: str, prefix: Prefix, address: str) -> RouterSays:
    """Read the row for `address`; never raises for what the router or ssh does."""
    ip = str(ip_address(address))
    answer = _run(prefix.command(("ip", "-j", "neigh", "show", ip)))
    rows = _rows(answer.text)
    if rows is None and answer.reached:
        # No answer as JSON: an older iproute2, or busybox.
        answer = _run(prefix.command(("ip", "neigh", "show", ip)))
        rows = tuple(_LLADDR.findall(answer.text))
    macs = tuple(dict.fromkeys(mac.lower() for mac in rows or ()))[:MOST_MACS]
    return RouterSays(router, macs, answer.why or ("" if macs else f"no row for {ip} with a MAC"))


def _run(command: Sequence[str]) -> _Said:
    try:
        done = output(command, seconds=LIMIT_S, most=MOST_BYTES)
    except subprocess.TimeoutExpired:
        return _Said("", f"no answer within {LIMIT_S:g} s", reached=False)
    except TooLong:
        return _Said("", f"it wrote more than {MOST_BYTES >> 10} KiB", reached=False)
    except OSError as error:
        return _Said("", f"{command[0]} cannot be run: {error.strerror}", reached=False)
    if done.returncode == 0:
        return _Said(done.stdout.decode(errors="replace"), "", reached=True)
    lines = done.stderr.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    why = f"not read, exit status {done.returncode}: {last[-LONGEST:]}"
    return _Said("", why, reached=done.returncode != SSH_FAILED)


def _rows(text: str) -> tuple[str, ...] | None:
    """The MACs in iproute2's JSON; None if it is none."""
    try:
        named = [str(row["lladdr"]) for row in json.loads(text) if "lladdr" in row]
    except (ValueError, TypeError, RecursionError):
        return None
    return tuple(name for name in named if _MAC.fullmatch(name))
