"""What each fault does to a change that is held at a point, and from when the operator waits."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

from tests.faults import points
from tests.faults import scene as scenes
from tests.faults.scene import Scene

from runbook.lab import machine, wiring
from runbook.lab.names import ROUTER, address

Injection = Callable[[Scene], None]
HOUR = 3600.0
FILLER = "/filler"
SOCKETS = ("libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket")


def kill_papermill(scene: Scene) -> None:
    """The program that runs the cells; its kernel follows within seconds."""
    os.kill(scene.program.pid, signal.SIGKILL)
    scene.go()
    while _alive(scene.kernel):
        time.sleep(0.1)
    scene.from_deadline()


def kill_kernel(scene: Scene) -> None:
    """The process in which the change is made."""
    os.kill(scene.kernel, signal.SIGKILL)
    scene.from_deadline()


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
    wiring.set_cable(scene.host, "down")
    scene.go()
    scene.wait_until_not_armed()
    wiring.set_cable(scene.host, "up")
    scene.from_now("cable mended")


def cut_power(scene: Scene) -> None:
    """The power, and half a second later it is back."""
    machine.power_cut(scene.host)
    scene.go()
    time.sleep(0.5)
    scene.from_now("power back")
    machine.power_on(scene.host)


def stop_libvirt(scene: Scene) -> None:
    """The daemon, and the sockets that would start it again."""
    scene.console("systemctl", "stop", *SOCKETS, "libvirtd.service")
    scene.mend.append(lambda: scene.console("systemctl", "start", *SOCKETS, "libvirtd.service"))
    scene.from_now("fault")
    scene.go()


def hang_libvirt(scene: Scene) -> None:
    """The daemon is there and answers nobody."""
    scene.console("pkill", "-STOP", "-x", "libvirtd")
    scene.mend.append(lambda: scene.console("pkill", "-CONT", "-x", "libvirtd"))
    scene.from_now("fault")
    scene.go()


def libvirt_refuses(scene: Scene) -> None:
    """The bridge's name is taken behind libvirt's back."""
    scene.console("ip", "link", "add", "name", "virbr1", "type", "bridge")
    scene.from_now("fault")
    scene.go()


def fill_disk(scene: Scene) -> None:
    """Not a byte is free on the host's disk."""
    scene.console("dd", "if=/dev/zero", f"of={FILLER}", "bs=1M")
    scene.mend.append(lambda: scene.console("rm", "-f", FILLER))
    scene.from_now("fault")
    scene.go()


def silence_router(scene: Scene) -> None:
    """The router sends nothing to the host, until that has put itself back."""
    lost = ("blackhole", f"{address(scene.host)}/32")
    _ip(ROUTER, "route", "add", *lost)
    try:
        scene.go()
        scene.wait_until_not_armed()
    finally:
        _ip(ROUTER, "route", "delete", *lost)
    scene.from_now("router back")


def ignore_pings(scene: Scene) -> None:
    """The router goes on routing and answers no echo request."""
    sysctl = ("ip", "netns", "exec", ROUTER, "sysctl", "-qw")
    subprocess.run((*sysctl, "net.ipv4.icmp_echo_ignore_all=1"), check=True)
    scene.mend.append(
        lambda: subprocess.run((*sysctl, "net.ipv4.icmp_echo_ignore_all=0"), check=True)
    )
    scene.from_now("fault")
    scene.go()


def block_ssh(scene: Scene) -> None:
    """A rule that drops SSH where the address now is."""
    rule = ("INPUT", "-i", "virbr1", "-p", "tcp", "--dport", "22", "-j", "DROP")
    scene.console("iptables", "-I", *rule)
    scene.mend.append(lambda: scene.console("iptables", "-D", *rule))
    scene.from_deadline()
    scene.go()


def think(scene: Scene) -> None:
    """The operator goes on only when the host has put itself back."""
    scene.from_deadline()


def another_operator(scene: Scene) -> None:
    """A second run against the same host, from start to end."""
    second = scenes.start(scene.host, scene.home)
    scene.mend.append(lambda: _refused(second.wait(60)))
    second.wait(60)
    scene.from_now("fault")
    scene.go()


def another_was_faster(scene: Scene) -> None:
    """A second run ends well while the first waits before arming."""
    if scenes.start(scene.host, scene.home).wait(60) != 0:
        message = "the second operator's run was to end as promised"
        raise AssertionError(message)
    scene.from_now("fault")
    scene.go()


def step_clock(seconds: float) -> Injection:
    """Every clock on the wall is wrong from now on, until the program has ended."""

    def inject(scene: Scene) -> None:
        _step_clock(seconds)
        scene.mend.append(lambda: _step_clock(-seconds))
        scene.from_now("fault")
        scene.go()
        scene.program.wait(scenes.PROGRAM_S)

    return inject


def power_cut_in_undo(after_s: float) -> Injection:
    """The kernel dies, the deadline passes, the undo has begun: then the power goes."""

    def inject(scene: Scene) -> None:
        os.kill(scene.kernel, signal.SIGKILL)
        _wait_for_undo(scene)
        time.sleep(after_s)
        cut_power(scene)

    return inject


def kill_undo(after_s: float) -> Injection:
    """Likewise, and the undo itself is killed."""

    def inject(scene: Scene) -> None:
        os.kill(scene.kernel, signal.SIGKILL)
        scene.from_deadline()
        _wait_for_undo(scene)
        time.sleep(after_s)
        scene.console("pkill", "-KILL", "-f", "^/bin/sh /var/lib/runbook/.*/undo")

    return inject


ANYWHERE: dict[str, Injection] = {
    "papermill killed": kill_papermill,
    "kernel killed": kill_kernel,
    "relay killed": kill_relay,
    "sshd's session killed": kill_session,
    "cable cut": cut_cable,
    "power cut": cut_power,
}
LIBVIRT: dict[str, Injection] = {
    "libvirtd stopped": stop_libvirt,
    "libvirtd hangs": hang_libvirt,
    "libvirtd refuses": libvirt_refuses,
}
AT_A_POINT: dict[str, tuple[str, Injection, bool]] = {
    "router silent after the change": (points.VERIFY, silence_router, False),
    "router answers no ping after the change": (points.VERIFY, ignore_pings, True),
    "SSH blocked by the firewall after the change": (points.VERIFY, block_ssh, False),
    "a second operator in the middle": (points.begins(12), another_operator, False),
    "a second operator was faster": (points.ARMING, another_was_faster, False),
    "clock an hour ahead": (points.begins(9), step_clock(HOUR), True),
    "clock an hour back": (points.begins(9), step_clock(-HOUR), True),
}


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _ip(name: str, *words: str) -> None:
    subprocess.run(("ip", "-n", name, *words), check=True)


def _refused(status: int) -> None:
    if status == 0:
        message = "two operators changed one host at once"
        raise AssertionError(message)


def _step_clock(seconds: float) -> None:
    now = time.clock_gettime(time.CLOCK_REALTIME)
    time.clock_settime(time.CLOCK_REALTIME, now + seconds)


def _wait_for_undo(scene: Scene) -> None:
    end = time.monotonic() + scenes.LOST_S
    while "begins" not in scene.console("sh", "-c", "grep -h 'undo (' /var/lib/runbook/*/journal"):
        if time.monotonic() > end:
            message = "the undo never began"
            raise AssertionError(message)
