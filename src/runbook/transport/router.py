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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.transport.prefixes import Prefix

LIMIT_S = 12.0
_LLADDR = re.compile(r"\blladdr\s+([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RouterSays:
    """The MACs that the table holds for the address; where there is none, `said` is why."""

    router: str
    macs: tuple[str, ...]
    said: str


def ask(router: str, prefix: Prefix, address: str) -> RouterSays:
    """Read the row for `address`; never raises for what the router or ssh does."""
    ip = str(ip_address(address))
    text, why = _run(prefix.command(("ip", "-j", "neigh", "show", ip)))
    rows = _rows(text)
    if rows is None:
        # No answer as JSON: an older iproute2, or busybox.
        text, why = _run(prefix.command(("ip", "neigh", "show", ip)))
        rows = tuple(_LLADDR.findall(text))
    macs = tuple(dict.fromkeys(mac.lower() for mac in rows))
    return RouterSays(router, macs, why or ("" if macs else f"no row for {ip} with a MAC"))


def _run(command: Sequence[str]) -> tuple[str, str]:
    """What it printed, and why it did not succeed ('' if it did)."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {LIMIT_S:g} s"
    except OSError as error:
        return "", f"{command[0]} cannot be run: {error.strerror}"
    if done.returncode == 0:
        return done.stdout.decode(errors="replace"), ""
    lines = done.stderr.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    return "", f"not read, exit status {done.returncode}: {last}"


def _rows(text: str) -> tuple[str, ...] | None:
    """The MACs in iproute2's JSON; None if it is none."""
    try:
        return tuple(str(row["lladdr"]) for row in json.loads(text) if "lladdr" in row)
    except (ValueError, TypeError):
        return None
