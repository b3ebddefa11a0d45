"""What lies on the way between host and operator, after the change: nobody gets through."""

from __future__ import annotations

import subprocess

from tests.faults.injections import Injection
from tests.faults.scene import BRIDGE, Scene

from runbook.lab.names import NIC, ROUTER, ROUTER_LAN, address

SSH = ("INPUT", "-i", BRIDGE, "-p", "tcp", "--dport", "22", "-j", "DROP")


def silence_router(scene: Scene) -> None:
    """The router sends nothing to the host, until that has put itself back."""
    silence(scene, address(scene.host))


def silence(scene: Scene, whom: str) -> None:
    """The router sends nothing to an address, until the host has put itself back."""
    lost = ("blackhole", f"{whom}/32")
    router("route", "add", *lost)
    try:
        scene.go()
        scene.wait_until_not_armed()
    finally:
        router("route", "delete", *lost)
    scene.from_now("router back")


def ignore_pings(scene: Scene) -> None:
    """The router goes on routing and answers no echo request of this host."""
    own = ("from", ROUTER_LAN.split("/")[0], "to", address(scene.host), "ipproto", "icmp")
    rule = (*own, "blackhole")
    router("rule", "add", *rule)
    scene.mend.append(lambda: router("rule", "delete", *rule))
    scene.from_now("fault")
    scene.go()


def block_ssh(scene: Scene) -> None:
    """A rule that drops SSH where the address now is."""
    scene.console("iptables", "-w", "-I", *SSH)
    scene.mend.append(lambda: scene.console("iptables", "-w", "-D", *SSH))
    scene.from_deadline()
    scene.go()


def broken(*argv: str) -> Injection:
    """A link or route that the host's way to the router goes over, taken away."""

    def inject(scene: Scene) -> None:
        scene.console(*argv)
        scene.from_deadline()
        scene.go()

    return inject


# Nobody is let in until the host's own timer has run the undo: what is timed from the deadline.
CUT_OFF: dict[str, Injection] = {
    "SSH blocked by the firewall": block_ssh,
    "bridge down": broken("ip", "link", "set", "dev", BRIDGE, "down"),
    "default route lost": broken("ip", "route", "delete", "default"),
    "NIC out of the bridge": broken("ip", "link", "set", "dev", NIC, "nomaster"),
}


def router(*words: str) -> None:
    """`ip` on the router; it has to succeed."""
    subprocess.run(("ip", "-n", ROUTER, *words), check=True)
