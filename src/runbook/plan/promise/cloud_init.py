"""cloud-init, which may write the NIC's stanzas anew at a boot, and its switch. Pure.

The switch is cloud-init's own documented file. Of several files with the key `network` the last
one by its name counts.
"""

from __future__ import annotations

from runbook.common.errors import Refused
from runbook.state.files import FileRow, contents
from runbook.state.snapshot import Snapshot
from runbook.state.syntax import cloud_init

PURPOSE = "have cloud-init leave the network alone"


def is_there(snapshot: Snapshot) -> bool:
    """Whether cloud-init is installed; at a boot it decides anew whether it runs."""
    found = (snapshot.find(FileRow, path) for path in (cloud_init.ENABLED, cloud_init.DISABLED))
    return any(row is not None for row in found)


def decides(snapshot: Snapshot) -> str:
    """The file that says what cloud-init does with the network, '' if none does."""
    parts = contents(snapshot.rows(FileRow))
    named = [path for path in sorted(parts) if path.startswith(cloud_init.FOLDER) and parts[path]]
    return named[-1] if named else ""


def leaves_alone(snapshot: Snapshot) -> bool:
    """Whether cloud-init writes nothing of the network."""
    path = decides(snapshot)
    parts = contents(snapshot.rows(FileRow))
    return not is_there(snapshot) or (bool(path) and cloud_init.is_off(parts[path]))


def refuse(snapshot: Snapshot) -> None:
    """Refuse files that the switch would not outvote, or that it would have to replace."""
    path = decides(snapshot)
    if path >= cloud_init.SWITCH and not leaves_alone(snapshot):
        raise Refused(
            f"cloud-init configures the network by {path}",
            host=snapshot.host,
            then="cloud-init must leave the network alone: write"
            f" `{cloud_init.OFF.strip()}` into {path} in the place of what it says of the network;"
            " then run again",
        )
