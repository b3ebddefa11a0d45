"""A libvirtd that is stopped, hangs, or refuses: in the change, and in the undo."""

from __future__ import annotations

import os
import signal

from tests.faults.injections import Injection
from tests.faults.scene import NotHit, Scene

SOCKETS = ("libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket")
CONFIG = "/etc/libvirt/libvirtd.conf"
KEPT = "/root/libvirtd.conf"
# Nobody has such credentials, root no more than others: each virsh is refused at once.
REFUSE = 'auth_unix_rw = "sasl"\nauth_unix_ro = "sasl"\n'
ASK = ("timeout", "5", "virsh", "--connect", "qemu:///system", "net-list")
TIMED_OUT = 124


def stop(scene: Scene) -> None:
    """The daemon, and the sockets that would start it again."""
    scene.mend.append(lambda: scene.console("systemctl", "start", *SOCKETS, "libvirtd.service"))
    scene.console("systemctl", "stop", *SOCKETS, "libvirtd.service")
    scene.from_now("fault")
    scene.go()


def hang(scene: Scene) -> None:
    """The daemon is there and answers nobody."""
    # It ends when nobody has asked it for a while, and then there is none to hang.
    scene.console("systemctl", "start", "libvirtd.service")
    scene.mend.append(lambda: scene.ask("pkill", "-CONT", "-x", "libvirtd"))
    scene.console("pkill", "-STOP", "-x", "libvirtd")
    scene.from_now("fault")
    scene.go()


def refuse(scene: Scene) -> None:
    """The daemon answers each request with an error, also after a restart."""
    _refuse(scene)
    scene.from_now("fault")
    scene.go()


def refuse_the_undo(scene: Scene) -> None:
    """The kernel dies, and from then on the daemon refuses: the undo finds it so."""
    os.kill(scene.kernel, signal.SIGKILL)
    _refuse(scene)
    scene.from_deadline()


def _refuse(scene: Scene) -> None:
    scene.console("cp", "--preserve=all", CONFIG, KEPT)
    scene.mend.append(lambda: _comply(scene))
    scene.console("sh", "-c", f'printf "%s" "$1" >>{CONFIG}', "sh", REFUSE)
    scene.console("systemctl", "restart", "libvirtd.service")
    said = scene.run(*ASK)
    if said.returncode in (0, TIMED_OUT):
        raise NotHit(f"virsh was to be refused, and ended with {said.returncode}")


def _comply(scene: Scene) -> None:
    scene.console("cp", "--preserve=all", KEPT, CONFIG)
    scene.console("rm", KEPT)
    scene.console("systemctl", "reset-failed", "libvirtd.service", *SOCKETS)
    scene.console("systemctl", "restart", "libvirtd.service")


LIBVIRT: dict[str, Injection] = {
    "libvirtd stopped": stop,
    "libvirtd hangs": hang,
    "libvirtd refuses": refuse,
}
