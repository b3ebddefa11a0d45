"""The deadline by the host's own timers, on the host's monotonic clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runbook.apply.checkpoint.layout import UNIT_TEXTS, Layout
from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader

NOW = ("python3", "-I", "-c", "import time; print(time.monotonic())")
# As systemd writes a span of time; a month is a twelfth of a year there.
_SECONDS = {
    "y": 31557600.0,
    "month": 2629800.0,
    "w": 604800.0,
    "d": 86400.0,
    "h": 3600.0,
    "min": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
}
_SPAN = re.compile(r"([\d.]+)(y|month|w|d|h|min|s|ms|us)")


@dataclass(frozen=True, slots=True)
class Countdown:
    """Whether a timer will undo the change, in how many seconds at the latest, and if one is at it.

    `at_work`: a unit of the host is undoing the change at this moment.
    """

    running: bool
    left_s: float | None = None
    at_work: bool = False


def read(host: Reader, layout: Layout) -> Countdown:
    """Ask systemd for the change's units; raises ReadFailed if it gives no answer."""
    names = ("Id", "ActiveState", "NextElapseUSecMonotonic")
    asked = (f"--property={name}" for name in names)
    shown = _said(host, ("systemctl", "show", *asked, layout.units, *UNIT_TEXTS))
    blocks = [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for block in shown.split("\n\n")
    ]
    at_work = any(block.get("ActiveState") == "activating" for block in blocks)
    active = [
        block.get("NextElapseUSecMonotonic", "")
        for block in blocks
        if block.get("ActiveState") == "active" and block.get("Id", "").endswith(".timer")
    ]
    try:
        ends = [end for end in map(seconds, active) if end is not None]
        left = min(ends) - float(_said(host, NOW)) if ends else None
    except ValueError as error:
        raise _failed(host, "what systemd and /proc/uptime say of the timer is no time") from error
    return Countdown(bool(active), left, at_work)


def seconds(span: str) -> float | None:
    """'1min 3.5s' as 63.5; None for 'infinity' and for nothing."""
    found = _SPAN.findall(span)
    return sum(float(number) * _SECONDS[unit] for number, unit in found) if found else None


def _said(host: Reader, argv: tuple[str, ...]) -> str:
    done = host.query(argv)
    if done.returncode != 0:
        raise _failed(host, f"`{' '.join(argv)}` failed: {done.complaint}")
    return done.stdout.decode(errors="replace")


def _failed(host: Reader, action: str) -> ReadFailed:
    return ReadFailed(
        action,
        host=host.name,
        state="perhaps in the middle of a change; this program wrote nothing",
        then="see at its console that systemd answers; `sh /var/lib/runbook/armed/undo`"
        " undoes a change without it",
    )
