"""A command that has to succeed, and the error for a step that does not."""

from __future__ import annotations

from runbook.common.errors import StepFailed
from runbook.plan.changes.steps import Command, Step
from runbook.transport.host import Host


def run(step: Command, host: Host) -> bytes:
    """Run a command that has to succeed; its standard output."""
    done = host.execute(step.argv, stdin=step.stdin, timeout=step.budget_s)
    if done.returncode != 0:
        stderr = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise failed(host, step, f"exit status {done.returncode}: {stderr or 'it said nothing'}")
    return done.stdout


def failed(host: Host, step: Step, why: str) -> StepFailed:
    """The error for a step that did not succeed."""
    return StepFailed(
        f"step failed: {step.describe()}\n{why}",
        host=host.name,
        state="the change is half made, and its undo is armed",
        then="wait for the undo, which follows by itself; then fix what the step complained of",
    )
