"""Edits a guest's own configuration so that its NIC has an address on the LAN. Pure.

The network manager of the NIC decides how. If it is not sure that an edit does what is asked for
and nothing else, the edit is declined with a reason.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from dataclasses import replace

import yaml

from runbook.guest.configure import ifupdown, name_servers, networkd
from runbook.guest.configure import netplan as inside_netplan
from runbook.guest.configure.guest_edit import Declined, DesiredNetwork, FileEdit, GuestEdit
from runbook.state.guest.inside import CLOUD_SWITCH, NOT_UTF8, Inside
from runbook.state.syntax import cloud_init, netplan

_CLOUD_TEXT = cloud_init.OFF.encode()
_BY_MANAGER = {
    "ifupdown": ifupdown.edit,
    "netplan": inside_netplan.edit,
    "systemd-networkd": networkd.edit,
}


def edit(inside: Inside, desired: DesiredNetwork) -> GuestEdit | Declined:
    """The edit, or why there is none. A GuestEdit without files: the guest is so already."""
    declined = _unfit(inside, desired)
    if declined is not None:
        return declined
    result = _named(_BY_MANAGER[inside.manager](inside, desired), inside, desired)
    if isinstance(result, Declined) or not result.files:
        return result
    result = _without_cloud_init(replace(result, home=_home(inside)), inside)
    if isinstance(result, Declined):
        return result
    return next((d for file in result.files if (d := _not_replaced(file, inside))), result)


def _without_cloud_init(result: GuestEdit, inside: Inside) -> GuestEdit | Declined:
    if inside.cloud_init != "on":
        return result
    switch = _switched_off(inside)
    if isinstance(switch, Declined):
        return switch
    note = f"cloud-init would write the network anew at a boot: {CLOUD_SWITCH} tells it not to"
    return replace(result, files=(*result.files, switch), notes=(*result.notes, note))


def _not_replaced(file: FileEdit, inside: Inside) -> Declined | None:
    """Why runbook does not write this file; None if it does."""
    path = file.path
    if NOT_UTF8 in path:
        then = "give the file a name in UTF-8 in the guest"
        return Declined(f"the name of {path} in the guest is not UTF-8", then)
    if b"\0" in (file.before or b""):
        then = "take the byte out in the guest"
        return Declined(f"{path} in the guest has a NUL byte, and programs differ about it", then)
    unwritable = [each for each in (path, posixpath.dirname(path)) if each in inside.unwritable]
    if unwritable:
        return Declined(
            f"{unwritable[0]} in the guest cannot be replaced: it is immutable or append-only, its"
            " file system is read-only, or it has hard links",
            f"in the guest, look with `lsattr -d {unwritable[0]}`, `findmnt -T {unwritable[0]}` and"
            f" `ls -ld {unwritable[0]}`; chattr -ia {unwritable[0]} takes both flags away",
        )
    return None


def _home(inside: Inside) -> str:
    """The network of the address that DHCP lent before; '' if there is none, or several."""
    only = inside.networks[0] if inside.lent and len(inside.networks) == 1 else ""
    # A host route of its own is no network that an address could be seen to be in.
    return "" if only.endswith("/32") else only


def _switched_off(inside: Inside) -> FileEdit | Declined:
    """The file that stops cloud-init from writing the network; declined if it says more."""
    there = inside.file(CLOUD_SWITCH)
    if there is None and CLOUD_SWITCH not in inside.withheld:
        return FileEdit(CLOUD_SWITCH, None, _CLOUD_TEXT, 0o644)
    if there is None or not _is_about_network(there.content):
        return Declined(
            f"{CLOUD_SWITCH} in the guest is there, and says more than whether cloud-init"
            " has the network",
            "write `network: {config: disabled}` into it in the guest, then start again",
        )
    return FileEdit(CLOUD_SWITCH, there.content, _CLOUD_TEXT, there.mode)


def _is_about_network(content: bytes) -> bool:
    with suppress(yaml.YAMLError, RecursionError):
        loaded = netplan.loads(content)
        return not loaded or (isinstance(loaded, dict) and set(loaded) == {"network"})
    return False


def _named(
    result: GuestEdit | Declined, inside: Inside, desired: DesiredNetwork
) -> GuestEdit | Declined:
    """Add the edit of /etc/resolv.conf, if the manager's own file is not enough."""
    if isinstance(result, Declined):
        return result
    names = name_servers.edit(inside, desired)
    if isinstance(names, Declined):
        return names
    return replace(result, files=(*result.files, names)) if names else result


def _unfit(inside: Inside, desired: DesiredNetwork) -> Declined | None:
    """What forbids any edit."""
    if not inside.root:
        return Declined("the login in the guest is not root's", "log in as root")
    if not inside.ifname:
        return Declined(
            f"the guest has no NIC, or several, with the MAC {desired.mac}",
            "see what `ip link` in the guest says of its NICs",
        )
    if inside.master:
        return Declined(
            f"{inside.ifname} is a port of {inside.master}, which has the address in its place",
            "change the configuration of that one in the guest by hand",
        )
    others = [each for each in inside.default_routes if each.split()[1] != inside.ifname]
    if others:
        gateway, ifname = others[0].split()
        return Declined(
            f"the guest's default route goes by another NIC: {gateway} on {ifname}",
            f"take the gateway away from {ifname} in the guest first",
        )
    return _unmanaged(inside)


def _unmanaged(inside: Inside) -> Declined | None:
    if len(inside.managers) > 1:
        return Declined(
            f"several lay claim to {inside.ifname}: {', '.join(inside.managers)}",
            "leave it to one of them in the guest",
        )
    if inside.manager not in _BY_MANAGER:
        manager = inside.manager or "nothing that is known here"
        return Declined(
            f"{inside.ifname} is managed by {manager} ({inside.os_name or 'unknown system'}),"
            " whose files are not edited",
            "do it by hand in the guest, as the instructions say",
        )
    return None
