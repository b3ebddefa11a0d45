"""Proof that a libvirt connection ends on the machine on which the relay runs.

libvirt makes an ssh connection of its own. A name that means two machines, an ssh configuration
that chooses by user or port, or a URI that names another host may lead it elsewhere. Therefore
each connection gets a random mark. It is in the environment of whatever carries the connection
on the far side, and the relay looks for it among the processes of its own machine. Host
names and the UUIDs of boards and machines prove less: copies of a machine share them.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from runbook.transport.session import RelayRefused

if TYPE_CHECKING:
    from runbook.transport.session import RelaySession

_VARIABLE = "RUNBOOK_LIBVIRT"
_LOOK_S = 20.0


def mark() -> str:
    """A variable of the environment that no other connection has."""
    return f"{_VARIABLE}={secrets.token_hex(16)}"


def elsewhere(session: RelaySession, variable: str) -> str:
    """Why the connection with this mark is not proven to end where the relay runs; '' if it is."""
    try:
        there = session.request("environment", variable=variable, timeout=_LOOK_S)
    except RelayRefused as refusal:
        return f"the host cannot be asked whether libvirt's connection ends there: {refusal}"
    # Whatever else comes back proves nothing.
    if there.header.get("found") is True:
        return ""
    return "libvirt's connection ends on another machine, or in a container of this one"
