"""Which interfaces can be the bridge's port, by what a snapshot shows of them.

The kernel refuses a port that is no Ethernet interface, a bridge, and a Wi-Fi interface. Others
it takes, and no guest behind them would be on the LAN.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook.state.links import LinkRow

NIC_KINDS = ("", "veth", "bond", "vlan")
# The bond speaks with one MAC, so a bridge above it is one machine to the switch.
BOND_MODES = ("active-backup", "802.3ad", "balance-xor")
_REWRITES = "it rewrites MAC addresses in ARP, so answers to guests go astray"
_BONDS = {
    "balance-alb": _REWRITES,
    "balance-tlb": "it sends frames of one machine with the MACs of several NICs",
}
_BOND_NOT_TRIED = f"runbook carries {', '.join(BOND_MODES)}"
# Of an Ethernet MAC. IPoIB has 20, and an interface that carries IP packets alone has none.
OCTETS = 6
WIRELESS = "a Wi-Fi interface"
NO_WIRELESS = (
    "an access point takes frames of the interface's own MAC alone, so the kernel refuses Wi-Fi as"
    " a bridge's port"
)
_IP_ALONE = "it carries IP packets and no Ethernet frames, so the kernel refuses it as a port"
_NO_CABLE = "no cable is behind it, so the bridge would not reach the LAN"
_OWN_MAC = "only frames for its own MAC reach it, so guests behind it would hear nothing"
_REASONS = {
    "bridge": "the kernel refuses a bridge as the port of another bridge",
    "macvlan": _OWN_MAC,
    "macvtap": _OWN_MAC,
    "ipvlan": _OWN_MAC,
    "ipvtap": _OWN_MAC,
    "vrf": "a VRF groups routes and has no frames of its own",
    "dummy": _NO_CABLE,
    "ifb": _NO_CABLE,
    "ipoib": "IP over InfiniBand has no Ethernet frames, so the kernel refuses it as a port",
    "wwan": _IP_ALONE,
    **dict.fromkeys(("ppp", "wireguard", "sit", "gre", "ipip", "ip6tnl", "ip6gre"), _IP_ALONE),
    **dict.fromkeys(("vti", "vti6", "xfrm", "ipvti", "rmnet", "can", "vcan"), _IP_ALONE),
}
_NOT_TRIED = "only a physical NIC is known to work as the bridge's port and to come back at boot"


def unable(link: LinkRow) -> Iterator[tuple[str, str]]:
    """What the interface is that keeps it from being a port, and why that does; none or one."""
    if link.kind == "bond" and link.bond_mode not in BOND_MODES:
        why = _BONDS.get(link.bond_mode, _BOND_NOT_TRIED)
        yield f"a bond of mode {link.bond_mode or 'unknown'}", why
    elif link.kind not in NIC_KINDS:
        yield f"a {link.kind}", _REASONS.get(link.kind, _NOT_TRIED)
    elif link.ifname == "lo":
        yield "the loopback interface", "it leads to the host itself"
    elif link.mac and len(link.mac.split(":")) != OCTETS:
        octets = len(link.mac.split(":"))
        yield f"no Ethernet interface: its hardware address has {octets} octets", _REASONS["ipoib"]
    elif not link.mac:
        yield "no Ethernet interface: it has no hardware address", _IP_ALONE
