"""Every dataclass that a plan's changes are made of, for reading a plan back."""

from __future__ import annotations

from dataclasses import is_dataclass
from types import ModuleType

from runbook.plan.changes import (
    bridge_ports,
    conntrack,
    files,
    firewall,
    guest_steps,
    ipv6,
    ipv6_switches,
    leases,
    messages,
    network_hook,
    network_hook6,
    network_xml,
    networks,
    processes,
    profile,
    routes,
    steps,
    sysctl,
    waits,
)
from runbook.plan.changes.guest import configuration, nic

MODULES = (
    bridge_ports,
    conntrack,
    files,
    firewall,
    guest_steps,
    ipv6,
    ipv6_switches,
    leases,
    messages,
    network_hook,
    network_hook6,
    network_xml,
    networks,
    nic,
    processes,
    profile,
    configuration,
    routes,
    steps,
    sysctl,
    waits,
)


def kinds_in(module: ModuleType) -> tuple[type, ...]:
    """The dataclasses that a module defines."""
    found = (thing for thing in vars(module).values() if isinstance(thing, type))
    return tuple(t for t in found if is_dataclass(t) and t.__module__ == module.__name__)


KINDS = tuple(kind for module in MODULES for kind in kinds_in(module))
