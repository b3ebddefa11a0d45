"""netplan in a guest: the one entry that names the NIC gets an address and a route. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from runbook.guest.configure.guest_edit import Declined, DesiredNetwork, FileEdit, GuestEdit
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import Inside
from runbook.state.syntax import netplan

# What an entry may say besides its address: all of it is kept.
_KEPT = {"match", "set-name", "mtu", "nameservers", "optional", "wakeonlan", "macaddress"}
_KEPT |= {"link-local", "accept-ra", "dhcp6", "renderer", "dhcp-identifier", "critical"}
_REPLACED = {"dhcp4", "addresses", "routes", "gateway4", "dhcp4-overrides"}

_TRUE = ("true", "yes", "on", "y", "1")


def edit(inside: Inside, desired: DesiredNetwork) -> GuestEdit | Declined:
    """The edit of the one file that names the NIC, or why there is none."""
    if "netplan" not in inside.tools:
        return Declined("the guest has netplan's files and no `netplan`", "install netplan.io")
    paths = inside.owned_by.split()
    file = inside.file(paths[0]) if len(paths) == 1 else None
    if file is None:
        return Declined(
            f"not one readable file of netplan names {inside.ifname}: {inside.owned_by}",
            "have one file name it, and no secret in that file",
        )
    try:
        loaded = netplan.loads(file.content)
        entries = list(netplan.entries(loaded, inside.ifname, inside.mac))
    except yaml.YAMLError as error:
        return Declined(f"{file.path} is no YAML: {type(error).__name__}", "fix it")
    if len(entries) != 1:
        return Declined(
            f"{file.path} has {len(entries)} entries for {inside.ifname}", "leave it one"
        )
    return _edit(file, loaded, entries[0][1], inside, desired)


def _edit(
    file: InsideFile, loaded: object, entry: dict[str, Any], inside: Inside, desired: DesiredNetwork
) -> GuestEdit | Declined:
    foreign = sorted(set(entry) - _KEPT - _REPLACED)
    more = [r for r in entry.get("routes") or [] if not _is_default(r)]
    six = [str(a) for a in entry.get("addresses") or [] if ":" in str(a)]
    if foreign or more or six:
        obstacle = ", ".join(foreign) or ("routes of its own" if more else "IPv6 addresses")
        return Declined(
            f"the entry for {inside.ifname} in {file.path} is not a simple one: {obstacle}",
            "give it its address and its gateway by hand in the guest",
        )
    told: dict[str, Any] = {
        "addresses": [str(desired.address)],
        "routes": [_way_out(desired)],
    }
    if desired.nameservers:
        told["nameservers"] = {
            **(entry.get("nameservers") or {}),
            "addresses": list(desired.nameservers),
        }
    off = str(entry.get("dhcp4", "false")).lower() not in _TRUE
    if off and all(entry.get(key) == value for key, value in told.items()):
        return _guest_edit(inside, ())
    for key in _REPLACED:
        entry.pop(key, None)
    entry.update({"dhcp4": "false", **told})
    after = netplan.dumps(loaded)
    return _guest_edit(inside, (FileEdit(file.path, file.content, after, file.mode),))


def _way_out(desired: DesiredNetwork) -> dict[str, str]:
    way = {"to": "0.0.0.0/0", "via": desired.gateway}
    return {**way, "on-link": "true"} if desired.off_link else way


def _is_default(route: object) -> bool:
    return isinstance(route, dict) and str(route.get("to")) in {"default", "0.0.0.0/0"}


def _guest_edit(inside: Inside, files: tuple[FileEdit, ...]) -> GuestEdit:
    note = "netplan's file is written anew from what it says: comments in it are lost until undone"
    up = (("netplan", "generate"), ("netplan", "apply"))
    return GuestEdit("netplan", inside.ifname, files, (), up, (note,) if files else ())
