"""Which network managers have a guest's NIC, and whether cloud-init writes their files. Pure."""

from __future__ import annotations

from contextlib import suppress

import yaml

from runbook.state.guest.gathered import Gathered
from runbook.state.guest.inside import FOREIGN
from runbook.state.syntax import ifupdown, netplan

# systemd's own, for containers and the like, match nothing that a guest would be asked about.
_NETWORKD = ("/etc/systemd/network/", "/run/systemd/network/")


def claims(answers: Gathered, ifname: str, mac: str) -> list[tuple[str, str]]:
    """Each manager that has this NIC, with the file or the connection by which it has it."""
    claimants: list[tuple[str, str]] = []
    plans = {p: f.content for p, f in answers.files.items() if p.startswith("/etc/netplan/")}
    planned = netplan.naming(plans, ifname, mac)
    network_file = answers.text("network-file").strip()
    if planned:
        claimants.append(("netplan", " ".join(planned)))
    elif network_file.startswith(_NETWORKD):
        claimants.append(("systemd-networkd", network_file))
    if not planned and (connection := answers.text("connection").strip()):
        claimants.append(("NetworkManager", connection))
    stanzas = [
        stanza.path
        for path, text in ifupdown_files(answers).items()
        for stanza in ifupdown.parse(path, text)
        if (stanza.kind, stanza.name, stanza.family) == ("iface", ifname, "inet")
    ]
    if stanzas and "ifup" in answers.text("tools").split():
        claimants.append(("ifupdown", " ".join(stanzas)))
    return claimants


def cloud_init(answers: Gathered) -> str:
    """'absent', 'off' (it leaves the network alone) or 'on'."""
    if "cloud-init" not in answers.text("tools").split():
        return "absent"
    off = any(
        _leaves_network(file.content)
        for path, file in answers.files.items()
        if path.startswith("/etc/cloud/")
    )
    return "off" if off or answers.text("cloud-disabled").strip() else "on"


def _leaves_network(content: bytes) -> bool:
    """Whether this file of cloud-init switches off its network part, in any YAML spelling."""
    with suppress(yaml.YAMLError):
        loaded = netplan.loads(content)
        network = loaded.get("network") if isinstance(loaded, dict) else None
        return isinstance(network, dict) and network.get("config") == "disabled"
    return False


def ifupdown_files(answers: Gathered) -> dict[str, str]:
    """The text of each file that ifupdown could read, by its path."""
    return {
        path: file.content.decode(errors="replace")
        for path, file in answers.files.items()
        if not path.startswith((*FOREIGN, *_NETWORKD))
    }
