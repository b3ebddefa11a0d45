"""What a stanza of ifupdown does at a boot that keeps libvirt's bridge from its place. Pure."""

from __future__ import annotations

import re

from runbook.plan.promise.host import Promise
from runbook.state.syntax.ifupdown import HOOKS, Stanza, physical
from runbook.state.syntax.nic_commands import canonical, gives_address, takes

# Options of ifupdown's helpers that take an interface for one of their own.
TAKES_PORTS = ("bridge-ports", "bond-slaves", "slaves", "ovs-ports", "ovs-bonds")
# What `bridge_ports all` is to bridge-utils.
_ALL = ("regex", "eth.*", "em.*", "en.*", "p[0-9].*")


def wrong_of(stanza: Stanza, promise: Promise) -> str:
    """Why the stanza would be wrong beside the bridge; '' if it would not."""
    options = dict(stanza.options)
    if physical(stanza.name) in (promise.nic, promise.holder) and stanza.method != "manual":
        return f"{physical(stanza.name)} would have an address of its own"
    if stanza.name == promise.bridge:
        return f"ifupdown would make {promise.bridge} before libvirt does"
    if canonical(options.get("address", "").partition("/")[0]) in map(canonical, promise.announced):
        return f"{stanza.name} would hold the bridge's address"
    if any(_means(promise.nic, word, rest) for word, rest in stanza.options):
        return f"{stanza.name} would take {promise.nic}"
    bond = next((r for w, r in stanza.options if w.replace("_", "-") == "bond-master"), "none")
    if physical(stanza.name) == promise.nic and bond != "none":
        return f"{bond} would take {promise.nic}"
    return _by_command(stanza, promise.nic)


def _means(nic: str, option: str, value: str) -> bool:
    """Whether an option of a bridge or a bond takes the NIC; helpers know each with `_` and `-`."""
    if option.replace("_", "-") not in TAKES_PORTS:
        return False
    by_regex = False
    for word in _ALL if value.split()[:1] == ["all"] else value.split():
        if word in ("regex", "noregex"):
            by_regex = word == "regex"
        elif word == nic or (by_regex and _may_match(word, nic)):
            return True
    return False


def _may_match(pattern: str, nic: str) -> bool:
    try:
        return re.fullmatch(pattern, nic) is not None
    except re.error:
        return True


def _by_command(stanza: Stanza, nic: str) -> str:
    """The first command of another interface's stanza that configures the NIC; '' if none."""
    for word, rest in stanza.options if physical(stanza.name) != nic else ():
        if word in HOOKS and gives_address(rest, (nic,)):
            return f"`{word} {rest}` gives {nic} an address or a route of its own"
        if word in HOOKS and takes(rest, (nic,)):
            return f"`{word} {rest}` takes {nic} for something else"
    return ""
