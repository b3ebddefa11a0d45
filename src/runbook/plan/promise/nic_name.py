"""Whether the NIC has the same name after the next boot."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.state.files import FileRow, contents
from runbook.state.links import MADE_AT_BOOT, LinkRow
from runbook.state.snapshot import Snapshot

UDEV_RULES = "/etc/udev/rules.d/70-persistent-net.rules"
# The kernel gives these in the order in which it finds the cards.
_KERNEL = re.compile(r"(eth|wlan)\d+")
_OF_A_CARD = ("", "veth")


def pinned(nic: str, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Each file that names the NIC by its MAC, and the name that it gives; the first decides."""
    link = snapshot.find(LinkRow, nic)
    if link and link.kind in MADE_AT_BOOT:
        # ifupdown gives its name; the MAC is that of a card below it, which has its own name.
        return
    macs = {mac_of(nic, snapshot), mac_at_boot(nic, snapshot)}
    for path, text in contents(snapshot.rows(FileRow)).items():
        lines = [line.strip() for line in text.splitlines() if not line.strip().startswith("#")]
        if path.endswith(".link") and any(_is_mac(line, macs) for line in lines):
            names = (line.partition("=")[2].strip() for line in lines if line.startswith("Name="))
            yield from ((path, name) for name in names)
        if path == UDEV_RULES:
            rules = (ln for ln in lines if any(f'"{mac}"' in ln.lower() for mac in macs))
            found = (re.search(r'NAME="([^"]+)"', line) for line in rules)
            yield from ((path, match[1]) for match in found if match)


def can_be_pinned(nic: str, snapshot: Snapshot) -> bool:
    """Whether a file by the NIC's MAC keeps its name: a card that is not named by order."""
    link = snapshot.find(LinkRow, nic)
    return link is not None and link.kind in _OF_A_CARD and bool(link.mac) and not by_order(nic)


def by_order(nic: str) -> bool:
    """Whether the name is the kernel's own, by the order of the cards."""
    return _KERNEL.fullmatch(nic) is not None


def others_by_order(nic: str, snapshot: Snapshot) -> tuple[str, ...]:
    """The other cards whose names the kernel gives by order."""
    links = (row for row in snapshot.rows(LinkRow) if row.kind in _OF_A_CARD)
    return tuple(row.ifname for row in links if row.ifname != nic and by_order(row.ifname))


def mac_of(nic: str, snapshot: Snapshot) -> str:
    """The NIC's MAC."""
    link = snapshot.find(LinkRow, nic)
    return link.mac.lower() if link else ""


def mac_at_boot(nic: str, snapshot: Snapshot) -> str:
    """The MAC that udev sees: a stanza with `hwaddress` gives another one later."""
    link = snapshot.find(LinkRow, nic)
    return link.own_mac.lower() if link and link.own_mac else mac_of(nic, snapshot)


def _is_mac(line: str, macs: set[str]) -> bool:
    key, _, value = line.partition("=")
    return key.strip() in ("MACAddress", "PermanentMACAddress") and not macs.isdisjoint(
        value.lower().split()
    )
