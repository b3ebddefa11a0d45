"""The guest's own script, started so that it outlives whoever started it."""

from __future__ import annotations

from collections.abc import Callable

from runbook.common.clock import Clock
from runbook.common.errors import StepFailed
from runbook.guest.undo import layout
from runbook.guest.undo.progress import InsideProgress, read_progress
from runbook.transport.guest.channel import Channel

# An agent's own unit takes its commands with it when it ends: hence a unit of its own.
_START = """\
if [ -d /run/systemd/system ]; then
    exec systemd-run --quiet --collect --no-block --property=Type=oneshot \\
        --property=KillMode=process /bin/sh "$1/undo" "$2"
fi
setsid /bin/sh "$1/undo" "$2" </dev/null >>"$1/log" 2>&1 &
"""
_POLL_S = 1.0


def start(channel: Channel, change_id: str, verb: str) -> None:
    """Start it; StepFailed if even that fails."""
    here = layout.directory(change_id)
    done = channel.run(("sh", "-c", _START, "sh", here, verb))
    if done.returncode != 0:
        raise StepFailed(
            f"guest {channel.guest} could not start {here}/undo {verb}:"
            f" {done.stderr.decode(errors='replace').strip()}",
            state="it was not started; the guest's own undo stands",
            then=f"run `sh {here}/undo` at the guest's console, or wait for its timer",
        )


def wait(
    channel: Channel,
    change_id: str,
    over: Callable[[InsideProgress], bool],
    clock: Clock,
    patience: float,
) -> InsideProgress:
    """Look until it is over, or for `patience` seconds; what was seen last."""
    until = clock.monotonic() + patience
    while not over(progress := read_progress(channel, change_id)) and clock.monotonic() < until:
        clock.sleep(_POLL_S)
    return progress
