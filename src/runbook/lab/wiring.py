"""The LAN: a switch, a router with an uplink, an operator beyond it, and cables.

::

    operator 10.99.0.2 -- 10.99.0.1 router 172.16.0.1 -- switch -- enp4s0f0 of each host
             fd99::2      fd99::1          fd16::1
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runbook.lab import shell
from runbook.lab.names import (
    LAN6,
    NIC,
    OPERATOR,
    OPERATOR_UPLINK,
    OPERATOR_UPLINK6,
    ROUTER,
    ROUTER_LAN,
    ROUTER_LAN6,
    ROUTER_UPLINK,
    ROUTER_UPLINK6,
    SWITCH,
    address,
    is_namespace,
    mac,
    namespace,
    port,
)

DHCP_PID, DHCP_LEASES = "dnsmasq.pid", "dnsmasq.leases"
RA_PID = "dnsmasq-ra.pid"
LEASE_TIME = "1h"
# `ip netns` makes this folder a mount of its own when it makes the first namespace.
NAMED = Path("/run/netns")
MADE_HERE = "made-run-netns"


def build(folder: Path) -> None:
    """Everything but the hosts' cables; `folder` is where the lab's own notes are."""
    if not NAMED.exists():
        (folder / MADE_HERE).touch()
    for name in (SWITCH, ROUTER, OPERATOR):
        _namespace(name)
    # Without snooping and STP a port of this switch forwards from its first frame.
    _ip(SWITCH, "link", "add", "lan", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
    _ip(SWITCH, "link", "set", "lan", "up")
    _cable(SWITCH, "router", ROUTER, "lan")
    _ip(SWITCH, "link", "set", "router", "master", "lan", "up")
    _address(ROUTER, "lan", ROUTER_LAN)
    _cable(ROUTER, "uplink", OPERATOR, "uplink")
    _address(ROUTER, "uplink", ROUTER_UPLINK)
    _address(OPERATOR, "uplink", OPERATOR_UPLINK)
    _ip(OPERATOR, "route", "add", "default", "via", ROUTER_UPLINK.split("/")[0])
    shell.run("ip", "netns", "exec", ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    _build6()


def _build6() -> None:
    """The same way once more for IPv6; a host that has no IPv6 address does not notice."""
    shell.run("ip", "netns", "exec", ROUTER, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
    _address(ROUTER, "lan", ROUTER_LAN6, "nodad")
    _address(ROUTER, "uplink", ROUTER_UPLINK6, "nodad")
    _address(OPERATOR, "uplink", OPERATOR_UPLINK6, "nodad")
    _ip(OPERATOR, "-6", "route", "add", "default", "via", ROUTER_UPLINK6.split("/")[0])


def plug_in(host: str) -> None:
    """A fresh namespace for the host, its NIC with the MAC that it always has."""
    unplug(host)
    _namespace(namespace(host))
    _cable(SWITCH, port(host), namespace(host), NIC, peer_mac=mac(host))
    _ip(SWITCH, "link", "set", port(host), "master", "lan", "up")


def unplug(host: str) -> None:
    """The host's cable and namespace away."""
    # A namespace goes away in its own time; the cable's name is needed again at once.
    shell.quiet("ip", "-n", SWITCH, "link", "delete", port(host))
    shell.quiet("ip", "netns", "delete", namespace(host))


def plug_in_taps(ports: Iterable[str]) -> None:
    """Ports of the switch that QEMU holds the other end of."""
    for name in ports:
        unplug_tap(name)
        shell.run("ip", "-n", SWITCH, "tuntap", "add", "dev", name, "mode", "tap")
        _ip(SWITCH, "link", "set", name, "master", "lan", "up")


def unplug_tap(name: str) -> None:
    """The port away."""
    shell.quiet("ip", "-n", SWITCH, "link", "delete", name)


def forget(host: str) -> None:
    """The router's entry for the host away, as for a machine it has never seen."""
    _ip(ROUTER, "neighbour", "flush", "to", address(host))
    _ip(ROUTER, "neighbour", "flush", "to", f"{LAN6}/64")


def set_cable(host: str, state: str) -> None:
    """Cut (`down`) or mend (`up`): the host sees its carrier go and come."""
    _ip(SWITCH, "link", "set", port(host), state)


def serve_dhcp(hosts: list[str], folder: Path) -> None:
    """One fixed lease a host, from the router."""
    leases = [f"--dhcp-host={mac(host)},{address(host)},{LEASE_TIME}" for host in hosts]
    shell.run(
        *("ip", "netns", "exec", ROUTER, "dnsmasq", "--conf-file=/dev/null", "--port=0"),
        *("--interface=lan", "--bind-interfaces", "--user=root"),
        *(f"--dhcp-range=172.16.0.0,static,255.255.0.0,{LEASE_TIME}", *leases),
        *(f"--dhcp-option=option:router,{ROUTER_LAN.split('/')[0]}", "--dhcp-authoritative"),
        *(f"--dhcp-leasefile={folder / DHCP_LEASES}", f"--pid-file={folder / DHCP_PID}"),
    )


def serves_dhcp(folder: Path) -> bool:
    """Whether the router's DHCP server runs."""
    return _serves(folder / DHCP_PID)


def advertise(folder: Path) -> None:
    """Router advertisements (RFC 4861) on the LAN, with its prefix for SLAAC."""
    shell.run(
        *("ip", "netns", "exec", ROUTER, "dnsmasq", "--conf-file=/dev/null", "--port=0"),
        *("--interface=lan", "--bind-interfaces", "--user=root", "--enable-ra"),
        *(f"--dhcp-range={LAN6},ra-only,64,{LEASE_TIME}", f"--pid-file={folder / RA_PID}"),
    )


def advertises(folder: Path) -> bool:
    """Whether what sends router advertisements runs."""
    return _serves(folder / RA_PID)


def _serves(file: Path) -> bool:
    try:
        pid = file.read_text().strip()
    except FileNotFoundError:
        return False
    return pid in shell.run("ip", "netns", "pids", ROUTER).split()


def stands() -> bool:
    """Whether the LAN is there."""
    return {SWITCH, ROUTER, OPERATOR} <= set(namespaces())


def namespaces() -> tuple[str, ...]:
    """The lab's namespaces that exist."""
    lines = shell.run("ip", "netns", "list").splitlines()
    names = (line.split()[0] for line in lines if line.strip())
    return tuple(name for name in names if is_namespace(name))


def remove(folder: Path) -> None:
    """Every namespace of the lab, with whatever runs in it."""
    for name in namespaces():
        pids = shell.run("ip", "netns", "pids", name).split()
        shell.kill([int(pid) for pid in pids])
        shell.quiet("ip", "netns", "delete", name)
    # Somebody else's namespaces may be there by now.
    if (folder / MADE_HERE).exists() and not any(NAMED.glob("*")):
        shell.quiet("umount", str(NAMED))
        shell.quiet("rmdir", str(NAMED))


def _namespace(name: str) -> None:
    shell.run("ip", "netns", "add", name)
    _ip(name, "link", "set", "lo", "up")


def _cable(near: str, near_name: str, far: str, far_name: str, peer_mac: str = "") -> None:
    burnt_in = ("address", peer_mac) if peer_mac else ()
    shell.run(
        *("ip", "link", "add", near_name, "netns", near, "type", "veth"),
        *("peer", "name", far_name, *burnt_in, "netns", far),
    )


def _address(name: str, ifname: str, address_of: str, *flags: str) -> None:
    _ip(name, "address", "add", address_of, "dev", ifname, *flags)
    _ip(name, "link", "set", ifname, "up")


def _ip(name: str, *words: str) -> None:
    shell.run("ip", "-n", name, *words)
