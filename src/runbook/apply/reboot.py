"""The reboot that proves a change: on the operator's wish, before anything is confirmed.

The wish stands in the change's directory. The boot right after it leaves the change in place and
starts the countdown anew (`boots_on_wish` in checkpoint/undo_head.sh). A host that does not come
up as promised undoes the change at the end of that countdown; any other boot undoes it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta

from runbook.apply.checkpoint import armed_change, deadline
from runbook.apply.checkpoint.arm import SECRET, Armed
from runbook.apply.checkpoint.deadline import DeadlineWish
from runbook.apply.confirm import SYNC
from runbook.apply.steps import journal
from runbook.apply.steps.commands import run
from runbook.common.clock import Clock
from runbook.common.errors import ConnectionLost, MendAccess, StepFailed
from runbook.plan.changes.steps import Command
from runbook.transport.host import Host, HostFile, Reader

# Guests are told to shut down first, and libvirt-guests waits five minutes for them.
DOWN_S = 600
# From early in the boot to a verified host. A boot that waits for a DHCP answer takes two minutes.
BOOT_S = 300
# A server's firmware alone may take ten minutes.
BACK_S = 1200.0
PAUSE_S = 5.0
# The verdict is about a host that is up, not about one in the middle of its boot.
STARTED_S = 120
BOOT_ID = "/proc/sys/kernel/random/boot_id"
WHY = "the operator asked for a reboot"
REBOOT = Command(("systemctl", "--no-block", "reboot"), budget_s=20.0)


@dataclass(frozen=True, slots=True)
class Rebooted:
    """The change after the reboot, with its new deadline; seconds until a connection came about."""

    armed: Armed
    seconds: float


def reboot(armed: Armed, host: Host, connect: Callable[[], Host], clock: Clock) -> Rebooted:
    """Reboot the host once with the change in place, and wait until it is up.

    Raises StepFailed or ConnectionLost; the change is then still armed, or undone already.
    """
    ended, began = _boot_id(host), clock.monotonic()
    armed = _wish(armed, host, clock, ended)
    guarded = host.guarded(armed.layout.lock, armed.layout.open)
    # A host that goes down at once may not get to say that it does.
    with suppress(MendAccess):
        run(REBOOT, guarded)
    with closing(_back(armed, connect, clock, ended)) as fresh:
        took = clock.monotonic() - began
        fresh.query(
            ("timeout", str(STARTED_S), "systemctl", "is-system-running", "--wait"),
            timeout=STARTED_S + 10.0,
        )
        _came_up_changed(armed, fresh)
        return Rebooted(_postponed(armed, fresh, clock, BOOT_S, "the host came up"), took)


def _wish(armed: Armed, host: Host, clock: Clock, ended: str) -> Armed:
    """Have the next boot leave the change in place; the last thing written before the reboot."""
    armed = _postponed(armed, host, clock, DOWN_S, WHY)
    seconds = max(BOOT_S, armed.plan.deadline_override_s or 0)
    guarded = host.guarded(armed.layout.lock, armed.layout.open)
    run(SYNC, guarded)
    journal.write(guarded, armed.layout.journal, clock.now(), f"reboots: {WHY}")
    words = f"{ended} {armed.timer_number} {seconds}\n".encode()
    guarded.write_file(HostFile(armed.layout.reboot, words, SECRET))
    return armed


def _postponed(armed: Armed, host: Host, clock: Clock, seconds: int, why: str) -> Armed:
    wish = DeadlineWish(lambda *_: seconds, why)
    return armed.until(deadline.move(armed.layout, host, wish, clock.now).after)


def _back(armed: Armed, connect: Callable[[], Host], clock: Clock, ended: str) -> Host:
    """A connection to the host after its next boot."""
    end = clock.monotonic() + BACK_S
    while clock.monotonic() < end:
        found = _another_boot(connect, ended)
        if found is not None:
            return found
        clock.sleep(PAUSE_S)
    until = timedelta(seconds=BACK_S)
    raise ConnectionLost(
        f"{armed.plan.host} was told to reboot, and did not answer within {until}",
        host=armed.plan.host,
        state=f"not known: where it boots, it undoes the change after {BOOT_S} s by itself",
        then=f"see `runbook status {armed.plan.host}`; at its console: sh {armed.layout.undo}",
    )


def _another_boot(connect: Callable[[], Host], ended: str) -> Host | None:
    try:
        host = connect()
    except MendAccess:
        return None
    try:
        if _boot_id(host) != ended:
            return host
    except MendAccess:
        pass
    host.close()
    return None


def _came_up_changed(armed: Armed, host: Host) -> None:
    place = armed.layout
    (kept,) = host.read_files([place.rebooted])
    held = armed_change.holder(host) == armed.change_id
    if (
        held
        and kept is not None
        and kept.content.decode(errors="replace").strip() == _boot_id(host)
    ):
        return
    raise StepFailed(
        "the host came up after its reboot, and undid the change at that boot",
        host=armed.plan.host,
        state="undone by the host, or about to be",
        then=f"read {place.journal} on the host; without `reboot` it is not rebooted",
    )


def _boot_id(host: Reader) -> str:
    (file,) = host.read_files([BOOT_ID])
    return file.content.decode(errors="replace").strip() if file else ""
