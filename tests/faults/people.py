"""What people and their clocks do to a change: they think, come second, lose the last answer."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from tests import bench
from tests.faults import scene as scenes
from tests.faults.injections import Injection
from tests.faults.knocking import kill
from tests.faults.scene import NotHit, Scene

HOUR = 3600.0
SECOND_S = 60.0
# Long enough for a second run to meet the host on a machine with much to do.
AMPLE_S = 120
REFUSED = "a change is in progress"


def think(scene: Scene) -> None:
    """The operator goes on only when the host has put itself back."""
    scene.from_deadline()


def another_operator(scene: Scene) -> None:
    """A second run against the same host comes to its end while the first is held."""
    status, said = _second(scene)
    if not scene.armed():
        raise NotHit("the deadline passed before the second operator was answered")
    if status == 0 or REFUSED not in said:
        message = f"the second operator was to be refused: status {status}\n{said}"
        raise AssertionError(message)
    scene.from_now("fault")
    scene.go()


def another_was_faster(scene: Scene) -> None:
    """A second run ends well while the first waits before arming."""
    status, said = _second(scene)
    if status != 0:
        message = f"the second operator's run was to end as promised: status {status}\n{said}"
        raise AssertionError(message)
    scene.from_now("fault")
    scene.go()


def lose_the_answer(scene: Scene) -> None:
    """The confirmation comes to the host and is done; the relay dies before its answer is out."""
    listed = scene.console("ss", "-Htn", "state", "established", "sport", "=", ":22")
    for peer in (line.split()[-1].rpartition(":")[2] for line in listed.splitlines()):
        rule = ("OUTPUT", "-p", "tcp", "--sport", "22", "--dport", peer, "-j", "DROP")
        scene.console("iptables", "-w", "-I", *rule)
        scene.mend.append(partial(scene.console, "iptables", "-w", "-D", *rule))
    scene.go()
    scene.wait_until_not_armed()
    scene.console("pkill", "-KILL", "-x", "python3")
    if "undo (" in scene.ask("sh", "-c", "cat /var/lib/runbook/*/journal"):
        raise NotHit("the confirmation did not come to the host")
    scene.from_now("fault")


def step_clock(seconds: float) -> Injection:
    """Every clock on the wall is wrong from now on, until the program has ended."""

    def inject(scene: Scene) -> None:
        argv = (sys.executable, "-m", "tests.faults.clock", str(seconds))
        held = subprocess.Popen(
            argv,
            cwd=bench.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        scene.mend.append(lambda: _put_back(held))
        if held.stdout is None or held.stdout.readline().strip() != "stepped":
            raise NotHit("the clock was not stepped")
        scene.from_now("fault")
        scene.go()

    return inject


def _second(scene: Scene) -> tuple[int, str]:
    second = scenes.start(scene.host, scene.home, name="-second")
    try:
        status = second.wait(SECOND_S)
    except subprocess.TimeoutExpired:
        raise NotHit("the second operator's run did not end") from None
    finally:
        kill(second)
    return status, scenes.log_of(scene.home, scene.host, "-second").read_text()


def _put_back(held: subprocess.Popen[str]) -> None:
    held.communicate(timeout=10)
    if held.returncode != 0:
        message = f"the clock was not put back: status {held.returncode}"
        raise AssertionError(message)
