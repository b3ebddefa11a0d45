"""What IPv6 has on a port of a bridge, and nothing uses.

The bridge takes each frame that a port hears. So it does not matter which link-local address the
port has, with which routes, and whether it would listen to routers. It differs by itself: dhcpcd
makes an address of its own and sets accept_ra to 0 on an interface that it runs on. After the next
boot it does not run on the port, and the kernel's own address and value are there.
"""

from __future__ import annotations

from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot

LINK_LOCAL = "fe80:"
_CONF, _HEARS = "net.ipv6.conf.", "accept_ra"


def ports(snapshot: Snapshot) -> frozenset[str]:
    """The interfaces that are ports of a bridge."""
    rows = snapshot.rows(LinkRow)
    bridges = {row.ifname for row in rows if row.kind == "bridge"}
    return frozenset(row.ifname for row in rows if row.master in bridges)


def is_unused(table: str, key: str, of: frozenset[str]) -> bool:
    """Whether a row is such a link-local address, its route, or accept_ra of one of these ports."""
    if table == "sysctl":
        name, _, word = key.removeprefix(_CONF).rpartition(".")
        return key.startswith(_CONF) and word == _HEARS and name.replace("/", ".") in of
    words = key.split()
    of_ipv6 = table in ("addresses", "routes") and "inet6" in words
    return of_ipv6 and bool(of & {*words}) and any(w.startswith(LINK_LOCAL) for w in words)
