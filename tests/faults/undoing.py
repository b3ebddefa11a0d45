"""What hits the undo itself: killed, or without power, once or twice."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from tests.faults.injections import Injection, cut_power, kill_both, power_back
from tests.faults.scene import LOST_S, NotHit, Scene

from runbook.common.errors import LabError
from runbook.lab import machine
from runbook.lab.names import folder

UNDO = "^/bin/sh /var/lib/runbook/.*/undo"
NONE_FOUND = 1
# On an idle machine an undo takes less than the latest of the moments.
THROUGH = "the undo was through by then"


def power_cut_in_undo(after_s: float) -> Injection:
    """The kernel dies, the deadline passes, the undo has begun: then the power goes."""

    def inject(scene: Scene) -> None:
        kill_both(scene)
        _wait_for_undo(scene, "deadline")
        time.sleep(after_s)
        if not scene.armed():
            scene.note = THROUGH
        cut_power(scene)

    return inject


def power_cut_twice(half: str) -> Injection:
    """The power goes, and goes again in one half of the undo at boot: `boot` or `announce`."""

    def inject(scene: Scene) -> None:
        machine.power_cut(scene.host)
        scene.go()
        time.sleep(0.5)
        booting = threading.Thread(target=_boot, args=(scene.host,), daemon=True)
        booting.start()
        _wait_for_undo(scene, half)
        machine.power_cut(scene.host)
        power_back(scene)
        booting.join()

    return inject


def kill_undo(after_s: float) -> Injection:
    """The kernel dies, the deadline passes, and the undo at work is killed."""

    def inject(scene: Scene) -> None:
        kill_both(scene)
        _wait_for_undo(scene, "deadline")
        time.sleep(after_s)
        scene.from_now("undo killed")
        if scene.run("pkill", "-KILL", "-f", UNDO).returncode == NONE_FOUND:
            if scene.armed():
                raise NotHit("the undo was not at work")
            scene.note = THROUGH

    return inject


def _boot(host: str) -> None:
    # Its power goes before anybody can log in, which is what this waits for.
    with suppress(LabError):
        machine.power_on(host)


def _wait_for_undo(scene: Scene, trigger: str) -> None:
    """Read from the disk, which needs no host that runs."""
    end = time.monotonic() + LOST_S
    while not any(f"undo ({trigger}): begins" in text for text in _journals(scene.host)):
        if time.monotonic() > end:
            raise NotHit(f"the undo by {trigger} never began")
        time.sleep(0.01)


def _journals(host: str) -> list[str]:
    found = (folder(host) / "root/var/lib/runbook").glob("*/journal")
    return [path.read_text(errors="replace") for path in found]
