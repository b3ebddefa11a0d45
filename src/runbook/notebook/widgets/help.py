"""What each field of a form is for, in one short line."""

from __future__ import annotations

HELP = {
    "interface": "The card that has the address now.",
    "address": "The host's address on the LAN, with /length.",
    "gateway": "The physical router, never this host.",
    "network": "The name of the new libvirt network.",
    "bridge": "The name of the bridge of that network.",
    "bridge_mac": "own: a new MAC. nic: the MAC of the interface.",
    "stp": "Spanning tree: the host sends BPDUs to the switch.",
    "forward": "nat: libvirt adds rules. open: none; beside other networks.",
    "firewall": "keep: your rules stay. accept, drop: new rules.",
    "probes": "What the host has to reach before and after.",
    "machine_id": "The change is refused on any other machine.",
}
GUEST_HELP = {
    "guest": "The guest that moves to the LAN.",
    "nic": "The card of the guest that moves.",
    "address": "The new address of the guest, with /length.",
    "gateway": "The physical router, never the host.",
    "nameservers": "DNS for the guest. Empty: it keeps those that it has.",
    "login": "The user who logs in at the guest's console.",
}
