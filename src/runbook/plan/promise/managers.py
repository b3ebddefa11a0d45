"""Which network manager beside ifupdown configures the NIC, and how it lets go of it safely.

A manager that runs for something else is left alone. Its own files say what it configures; what
cannot be judged in them counts as the NIC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from runbook.common import shell_pattern
from runbook.common.errors import Refused
from runbook.state.files import FileRow, contents
from runbook.state.leases import LeaseRow
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax import cloud_init, ifupdown
from runbook.state.units import UnitRow

NETWORKD, NETWORK_MANAGER = "systemd-networkd", "NetworkManager"
NETPLAN = "/etc/netplan/"
GENERATED = "/run/systemd/network/"
_NETWORKS = (GENERATED, "/etc/systemd/network/")
_CONFIGURATION = "/etc/NetworkManager/"
_SECTION = re.compile(r"\[(.+)\]")
_OFF = ("false", "0", "no", "off")
# What a stanza needs before anything else is switched off, and what must not be typed over SSH.
STANZA = (
    "1. write `auto {nic}` and `iface {nic} inet` with the host's address and gateway into"
    " {interfaces}, and run `systemctl enable networking`"
)
REBOOT = (
    "reboot; do not stop {name} before that (no `--now`): a stop takes an address by DHCP off the"
    " NIC at once. Have the console at hand"
)
CLOUD_INIT = f"`{cloud_init.OFF.strip()}` in {cloud_init.SWITCH}, if cloud-init is installed"


class Manager(NamedTuple):
    """A manager that has the NIC: its name, and the files that say so."""

    name: str
    files: tuple[str, ...]

    @property
    def by_netplan(self) -> bool:
        """Whether its files are netplan's, which makes them anew at each boot."""
        return any(path.startswith((NETPLAN, GENERATED)) for path in self.files)


def holding(nic: str, snapshot: Snapshot) -> Iterator[Manager]:
    """The managers that run, or start at a boot, and configure the NIC."""
    for name in (NETWORKD, NETWORK_MANAGER):
        if _is_on(name, snapshot) and not leaves_alone(name, nic, snapshot):
            yield Manager(name, _files(name, nic, snapshot))


def leaves_alone(name: str, nic: str, snapshot: Snapshot) -> bool:
    """Whether the manager's files say that the NIC is not its own, now and at a boot."""
    files = contents(snapshot.rows(FileRow))
    if name == NETWORKD:
        return not any(True for _ in _networks(nic, files, snapshot))
    return name == NETWORK_MANAGER and _is_unmanaged(nic, files, snapshot)


def refuse(nic: str, snapshot: Snapshot) -> None:
    """Refuse a NIC that another manager configures."""
    for manager in holding(nic, snapshot):
        shown = f": {', '.join(manager.files)}" if manager.files else ""
        by = "netplan, through " if manager.by_netplan else ""
        raise Refused(
            f"{by}{manager.name} configures {nic}{shown}; runbook changes a NIC that ifupdown"
            " configures, and no other",
            host=snapshot.host,
            then=f"{way(manager, nic)}; then run again",
        )


def way(manager: Manager, nic: str) -> str:
    """The steps by which ifupdown gets the NIC, in an order that keeps the host reachable."""
    first = STANZA.format(nic=nic, interfaces=ifupdown.INTERFACES)
    last = f"3. {REBOOT.format(name=manager.name)}"
    if manager.by_netplan:
        ours = [path for path in manager.files if path.startswith(NETPLAN)] or [f"{NETPLAN}*.yaml"]
        return f"{first}; 2. move {' '.join(ours)} away, and write {CLOUD_INIT}; {last}"
    if manager.name not in (NETWORKD, NETWORK_MANAGER):
        return f"{first}; 2. `systemctl disable {manager.name}`; {last}"
    if manager.name == NETWORKD:
        files = " ".join(manager.files)
        moved = f"move {files} away, or take {nic} out of its [Match]"
        return f"{first}; 2. {moved if files else 'take the NIC out of its files'}; {last}"
    return (
        f"{first}; 2. write `[keyfile]` and `unmanaged-devices=interface-name:{nic}` into"
        f" {_CONFIGURATION}conf.d/90-{nic}.conf, then `nmcli device set {nic} managed no`, which"
        " leaves the address where it is; 3. reboot before a DHCP lease ends, for nobody renews it"
    )


def _is_on(name: str, snapshot: Snapshot) -> bool:
    unit = snapshot.find(UnitRow, f"{name}.service")
    runs = any(row.client == name for row in snapshot.rows(LeaseRow))
    return runs or (unit is not None and unit.state.startswith("enabled"))


def _files(name: str, nic: str, snapshot: Snapshot) -> tuple[str, ...]:
    files = contents(snapshot.rows(FileRow))
    netplan = tuple(path for path in files if path.startswith(NETPLAN))
    if name == NETWORK_MANAGER:
        return netplan
    found = tuple(_networks(nic, files, snapshot))
    return (*netplan, *found) if any(p.startswith(GENERATED) for p in found) else found


def _networks(nic: str, files: dict[str, str], snapshot: Snapshot) -> Iterator[str]:
    """The files of systemd-networkd that match the NIC."""
    mac = _mac(nic, snapshot)
    for path, text in files.items():
        # A .link file names the NIC, and configures nothing else of it.
        network = path.startswith(_NETWORKS) and path.endswith(".network")
        if network and _matches(text, nic, mac):
            yield path


def _matches(text: str, nic: str, mac: str) -> bool:
    """Whether its [Match] means the NIC: each line has to, and an unknown line may."""
    lines = [(key, value) for section, key, value in _lines(text) if section == "Match"]
    return all(_may_mean(key, value.split(), nic, mac) for key, value in lines)


def _may_mean(key: str, values: list[str], nic: str, mac: str) -> bool:
    if key == "Name" and not any(word.startswith("!") for word in values):
        return any(shell_pattern.matches(nic, word) for word in values)
    if key in ("MACAddress", "PermanentMACAddress"):
        return mac in (word.lower() for word in values)
    return True


def _is_unmanaged(nic: str, files: dict[str, str], snapshot: Snapshot) -> bool:
    """By `unmanaged-devices`, or as Debian has it: what is in ifupdown's files is not its own."""
    own = {path: text for path, text in files.items() if path.startswith(_CONFIGURATION)}
    lines = [line for text in own.values() for line in _lines(text)]
    mac = _mac(nic, snapshot)
    devices = [v for section, key, v in lines if (section, key) == ("keyfile", "unmanaged-devices")]
    words = [word.strip() for value in devices for word in re.split("[;,]", value)]
    if not any(word.startswith("except:") for word in words) and any(
        _is_meant(word, nic, mac) for word in words
    ):
        return True
    plugins = [v for section, key, v in lines if (section, key) == ("main", "plugins")]
    left = [v.lower() for section, key, v in lines if (section, key) == ("ifupdown", "managed")]
    by_plugin = any("ifupdown" in value for value in plugins) and not set(left) - set(_OFF)
    stanzas = ifupdown.stanzas(files)
    return by_plugin and any((s.kind, s.name) == ("iface", nic) for s in stanzas)


def _is_meant(word: str, nic: str, mac: str) -> bool:
    kind, _, value = word.partition(":")
    if kind == "mac":
        return value.lower() == mac
    # `=` in front says that no pattern is meant.
    name = value.removeprefix("=")
    return kind == "interface-name" and shell_pattern.matches(nic, name)


def _mac(nic: str, snapshot: Snapshot) -> str:
    link = snapshot.find(LinkRow, nic)
    return link.mac.lower() if link else ""


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Section, key and value of each line of an ini file."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if match := _SECTION.fullmatch(line):
            section = match[1]
        elif "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            yield section, key.strip(), value.strip()
