"""The deadline: a transient systemd timer on the host, on the monotonic clock."""

from __future__ import annotations

from runbook.apply.checkpoint.layout import Layout
from runbook.plan.changes.steps import Command

ACCURACY = "AccuracySec=50ms"
# An undo that is killed begins again; one that ends with an error has said why, and does not.
AGAIN = ("--property=Restart=on-abnormal", "--property=RestartSec=200ms")


def start_timer(layout: Layout, number: int, seconds: int) -> Command:
    """The command that starts the countdown.

    The undo restarts programs, such as a DHCP client, that have to outlive the
    unit: hence KillMode=process.
    """
    return Command(
        (
            *("systemd-run", "--quiet", f"--unit={layout.timer(number)}", "--collect"),
            *(f"--on-active={seconds}s", f"--timer-property={ACCURACY}"),
            *("--property=Type=oneshot", "--property=KillMode=process", *AGAIN),
            *("/bin/sh", layout.undo, "deadline"),
        )
    )


def stop_timers(layout: Layout) -> Command:
    """The command that ends every countdown of the change."""
    # systemctl matches the pattern against its units; no shell is involved.
    return Command(("systemctl", "stop", f"{layout.timer_stem}*.timer"))


def run_now(layout: Layout, moment: str) -> Command:
    """Start the undo as a systemd unit, so that it survives the loss of the connection."""
    return _run(layout, moment, "operator")


def run_on_refusal(layout: Layout) -> Command:
    """What the host itself starts the undo with when its kernel refuses part of a step."""
    return _run(layout, "refused", "refused")


def _run(layout: Layout, moment: str, trigger: str) -> Command:
    return Command(
        (
            *("systemd-run", "--quiet", f"--unit=runbook-undo-{layout.change_id}-{moment}"),
            *("--collect", "--property=Type=oneshot", "--property=KillMode=process", *AGAIN),
            *("--no-block", "/bin/sh", layout.undo, trigger),
        )
    )
