"""What of a NIC's stanzas no edit can carry: commands, and options of another stanza."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runbook.common.errors import Refused
from runbook.plan.routed.stanza_commands import ROUTE, is_carried, is_of_link
from runbook.state.files import FileRow, contents
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import HOOKS, Stanza, physical, stanzas, words
from runbook.state.syntax.nic_commands import IFACE, gives_address

_BOUND_RULE = re.compile(r"\bip (?:-\S+ )*ru(?:le?)? .*\b[io]if\b")


def refuse_inherited(nic: str, snapshot: Snapshot) -> None:
    """Refuse options that a stanza of the NIC has of another, or gives to another."""
    for stanza in stanzas(contents(snapshot.rows(FileRow))):
        if stanza.inherits and nic in (physical(stanza.name), physical(stanza.inherits)):
            raise Refused(
                f"{stanza.path}:{stanza.first}: `iface {stanza.name}` inherits the options of"
                f" {stanza.inherits}, and runbook edits a stanza without those of another",
                host=snapshot.host,
                then=f"write what {stanza.name} needs of {stanza.inherits} into its own stanza, and"
                f" take `inherits {stanza.inherits}` out",
            )


def refuse_hooks(
    lines: Sequence[str], stanza: Stanza, snapshot: Snapshot, rejoin: str = ""
) -> None:
    """Refuse commands of the stanza, all at once, with what to do about each kind.

    `rejoin` is runbook's own.
    """
    nic = physical(stanza.name)
    hooks = [
        line.strip()
        for line in lines
        if (words(line) or ("",))[0] in HOOKS
        and " ".join(words(line)) != rejoin
        and not is_carried(line, nic, snapshot)
        and not is_of_link(line, nic)
    ]
    if hooks:
        raise Refused(
            f"{stanza.path} has commands in the stanza of {stanza.name} that cannot be carried"
            f" over: {'; '.join(hooks)}",
            host=snapshot.host,
            then="; ".join(_advice(hooks, stanza.name, nic)),
        )


def _advice(hooks: Sequence[str], name: str, nic: str) -> list[str]:
    routes = [line for line in hooks if ROUTE.search(line)]
    giving = [x for x in hooks if x not in routes and gives_address(x, (nic, IFACE))]
    advice = []
    if giving:
        advice.append(
            "write an address that a command gives as one of the stanza itself (`iface"
            f" {name} inet static` with `address`), or as a line `up ip addr add"
            f" ADDRESS/LENGTH dev {nic}`, which the change carries"
        )
    if routes:
        advice.append(
            "take the lines with `ip route` or `route` out: the change carries the live routes"
            " over, and they come back at each boot. It takes such a line out by itself if the"
            " host has exactly the route that the line adds"
        )
    if any(_BOUND_RULE.search(line) for line in hooks):
        advice.append(
            f"move each `ip rule` line that says `iif {nic}` or `oif {nic}` to a unit that starts"
            " after networking.service, and have the unit add the same rule with the bridge's name"
            " in its place; start the unit before you run again"
        )
    if len(routes) + len(giving) < len(hooks):
        advice.append(
            f"move the other commands to a script or a unit that needs no address on {name}"
        )
    return advice
