"""The faults that can come at any step: what dies, and from when the operator waits."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from tests.faults.scene import Scene

from runbook.lab import machine, shell

Injection = Callable[[Scene], None]
FILLER = "/filler"
KERNEL_S = 30.0


def kill_papermill(scene: Scene) -> None:
    """The program that runs the cells; its kernel follows within seconds."""
    os.kill(scene.program.pid, signal.SIGKILL)
    scene.go()
    shell.wait_for(
        "the kernel without its papermill", lambda: not shell.alive(scene.kernel), KERNEL_S
    )
    scene.from_deadline()


def kill_kernel(scene: Scene) -> None:
    """The process in which the change is made."""
    os.kill(scene.kernel, signal.SIGKILL)
    scene.from_deadline()


def kill_both(scene: Scene) -> None:
    """Nothing is left on the operator's machine that could undo the change."""
    os.kill(scene.program.pid, signal.SIGKILL)
    os.kill(scene.kernel, signal.SIGKILL)


def kill_relay(scene: Scene) -> None:
    """Our program on the host."""
    scene.console("pkill", "-KILL", "-x", "python3")
    scene.from_now("fault")
    scene.go()


def kill_session(scene: Scene) -> None:
    """The operator's SSH session, with all that it started."""
    scene.console("pkill", "-KILL", "-f", "^sshd.*: root")
    scene.from_now("fault")
    scene.go()


def cut_cable(scene: Scene) -> None:
    """The network cable, until the host has put itself back."""
    machine.set_cable(scene.host, "down")
    scene.mend.append(lambda: machine.set_cable(scene.host, "up"))
    scene.go()
    scene.wait_until_not_armed()
    machine.set_cable(scene.host, "up")
    scene.from_now("cable mended")


def cut_power(scene: Scene) -> None:
    """The power, and half a second later it is back."""
    machine.power_cut(scene.host)
    scene.go()
    power_back(scene)


def cut_power_of_both(scene: Scene) -> None:
    """Likewise, and the program is gone: nobody but the host itself tidies up."""
    kill_both(scene)
    cut_power(scene)


def power_back(scene: Scene) -> None:
    """The operator waits from the moment at which the host begins to boot."""
    time.sleep(0.5)
    scene.from_now("power back")
    machine.power_on(scene.host)


def fill_disk(scene: Scene) -> None:
    """Not a byte is free on the host's disk."""
    scene.mend.append(lambda: scene.console("rm", "-f", FILLER))
    scene.console("sh", "-c", f"! dd if=/dev/zero of={FILLER} bs=1M 2>/dev/null")
    scene.from_now("fault")
    scene.go()


ANYWHERE: dict[str, Injection] = {
    "papermill killed": kill_papermill,
    "kernel killed": kill_kernel,
    "relay killed": kill_relay,
    "sshd's session killed": kill_session,
    "cable cut": cut_cable,
    "power cut": cut_power,
}
