"""A snapshot told with the names that guests' devices had in another one.

libvirt numbers the device of each NIC anew whenever its guest starts (vnet0,
vnet1, ...): after a boot, or a guest's restart, another number stands for the
same NIC, and nothing of that was changed by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from runbook.state.snapshot import Snapshot
from runbook.state.table import records

# Prefixes that libvirt keeps for itself: a device asked for by such a name is numbered all the
# same (https://libvirt.org/formatdomain.html, overriding the target element).
_NUMBERED = re.compile(r"(?:vnet|vif|macvtap|macvlan)\d+")
_COLUMNS = {
    "links": ("ifname", "master", "lower"),
    "bridge_ports": ("port",),
    "addresses": ("ifname", "label"),
    "routes": ("ifname",),
    "neighbours": ("ifname",),
    "sysctl": ("name",),
    "taps": ("target",),
}


def named_as(before: Snapshot, after: Snapshot) -> Snapshot:
    """`after`, each NIC's device called what it was called `before`.

    A name that something else has by now is left as it is, and so differs.
    """
    names = _renamed(before, after)
    if not names:
        return after
    told: dict[str, Any] = {name: _table(after.table(name), name, names) for name in _COLUMNS}
    return replace(after, **told)


def _table(rows: pd.DataFrame, name: str, names: Mapping[str, str]) -> pd.DataFrame:
    told = {
        column: pd.Series([_told(str(c), names) for c in rows[column]], dtype=rows[column].dtype)
        for column in _COLUMNS[name]
    }
    return rows.reset_index(drop=True).assign(**told)


def _renamed(before: Snapshot, after: Snapshot) -> dict[str, str]:
    was, now = _devices(before), _devices(after)
    moved = {now[nic]: was[nic] for nic in now if nic in was and now[nic] != was[nic]}
    others = {str(row["ifname"]) for row in records(after.links)} - set(moved)
    return {new: old for new, old in moved.items() if old not in others}


def _devices(seen: Snapshot) -> dict[tuple[str, str], str]:
    """The numbered device of each NIC, by guest and MAC."""
    return {
        (str(row["guest"]), str(row["mac"])): str(row["target"])
        for row in records(seen.taps)
        if _NUMBERED.fullmatch(str(row["target"]))
    }


def _told(cell: str, names: Mapping[str, str]) -> str:
    """The cell, or the kernel parameter in it, with its device renamed."""
    if cell in names:
        return names[cell]
    parts = cell.split(".")
    return ".".join(names.get(part, part) for part in parts)
