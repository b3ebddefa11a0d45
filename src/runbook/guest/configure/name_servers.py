"""Name servers in a guest: its /etc/resolv.conf, where no program writes it. Pure."""

from __future__ import annotations

import re

from runbook.guest.configure.guest_edit import Declined, DesiredNetwork, FileEdit
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import RESOLV_CONF, Inside

_SERVER = re.compile(r"(?m)^[ \t]*nameserver\b.*\n?")


def edit(inside: Inside, desired: DesiredNetwork) -> FileEdit | Declined | None:
    """The edit of that file, or why there is none; None if there is nothing to edit.

    If it is a link, resolvconf or systemd-resolved writes the file behind it, from the NIC's own
    configuration.
    """
    if not desired.nameservers:
        return None
    if inside.resolv_link:
        resolver_tools = {"resolvconf", "resolvectl"} & set(inside.tools)
        return None if resolver_tools else _nobody_s(inside)
    if RESOLV_CONF in inside.withheld:
        return _secret()
    old = inside.resolv_conf
    new = _with(old, desired.nameservers)
    if old is not None and old.content == new:
        return None
    return FileEdit(RESOLV_CONF, old.content if old else None, new, old.mode if old else 0o644)


def _with(old: InsideFile | None, servers: tuple[str, ...]) -> bytes:
    """The servers where the first one stood, and every other line as it is."""
    text = old.content.decode("latin-1") if old else ""
    match = _SERVER.search(text)
    at = match.start() if match else len(text)
    head, tail = text[:at], _SERVER.sub("", text[at:])
    between = "\n" if head and not head.endswith("\n") else ""
    lines = "".join(f"nameserver {server}\n" for server in servers)
    return f"{head}{between}{lines}{tail}".encode("latin-1")


def _nobody_s(inside: Inside) -> Declined:
    return Declined(
        f"{RESOLV_CONF} in the guest leads to {inside.resolv_link}, and nothing known writes that",
        "leave `nameservers` out, and give it other name servers by hand",
    )


def _secret() -> Declined:
    return Declined(
        f"{RESOLV_CONF} in the guest holds a secret, or a word that names one, and would be kept"
        " in the record",
        "take that out, or leave `nameservers` out and give it other name servers by hand",
    )
