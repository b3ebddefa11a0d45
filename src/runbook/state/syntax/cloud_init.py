"""What cloud-init's configuration says of the network, and nothing else of it. Pure.

Its files may hold passwords and keys of users, so all but the key `network` is left out.
"""

from __future__ import annotations

import yaml

from runbook.state.syntax import netplan

FOLDER = "/etc/cloud/"
# The file by which its network part is switched off, as cloud-init itself says, and its text.
SWITCH = f"{FOLDER}cloud.cfg.d/99-disable-network-config.cfg"
OFF = "network: {config: disabled}\n"
# A generator of cloud-init writes one of them at each boot.
ENABLED, DISABLED = "/run/cloud-init/enabled", "/run/cloud-init/disabled"
NOT_READ = "network: cannot be read\n"


def network_part(content: bytes) -> str:
    """The file's key `network` as YAML, '' without one; cloud-init passes over what is no YAML."""
    if len(content) > netplan.LARGEST:
        return NOT_READ
    try:
        loaded = netplan.loads(content)
    except (yaml.YAMLError, UnicodeError):
        return ""
    if not isinstance(loaded, dict) or "network" not in loaded:
        return ""
    return netplan.dumps({"network": loaded["network"]}).decode()


def is_off(part: str) -> bool:
    """Whether this part switches the network off."""
    loaded = netplan.loads(part.encode())
    network = loaded.get("network") if isinstance(loaded, dict) else None
    return isinstance(network, dict) and network.get("config") == "disabled"
