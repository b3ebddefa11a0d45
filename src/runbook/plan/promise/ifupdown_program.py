"""Which program reads /etc/network/interfaces: Debian's ifupdown, or another in its place. Pure.

Only one of them can be installed. It is known by what networking.service runs.
"""

from __future__ import annotations

from runbook.common.errors import Refused
from runbook.state.files import IFUPDOWN2, IFUPDOWN_NG, FileRow, contents
from runbook.state.links import MADE_AT_BOOT, LinkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import physical, stanzas

_RUN_BY = {IFUPDOWN2: "ifupdown2", IFUPDOWN_NG: "ifupdown-ng"}
# What was changed, booted and undone in the lab with each of them.
TRIED = "a NIC with static IPv4 addresses"


def another(snapshot: Snapshot) -> str:
    """The program that is there in the place of ifupdown, '' if none is."""
    return next((name for path, name in _RUN_BY.items() if snapshot.find(FileRow, path)), "")


def refuse(nic: str, snapshot: Snapshot) -> None:
    """Refuse what nobody has tried with the program that is there."""
    program = another(snapshot)
    if not program:
        return
    link = snapshot.find(LinkRow, nic)
    odd = [f"it is a {link.kind}"] if link and link.kind in MADE_AT_BOOT else []
    for stanza in stanzas(contents(snapshot.rows(FileRow))):
        known = (stanza.family, stanza.method) in (("inet", "static"), ("inet", "manual"))
        if stanza.kind == "iface" and physical(stanza.name) == nic and not known:
            odd.append(
                f"{stanza.path}:{stanza.first} has `iface {stanza.name} {stanza.family}"
                f" {stanza.method}`"
            )
    if odd:
        raise Refused(
            f"{program} reads the files of ifupdown here, and with it runbook changes {TRIED};"
            f" of {nic}: {'; '.join(odd)}",
            host=snapshot.host,
            then=f"install Debian's ifupdown in the place of {program}: apt-get install ifupdown,"
            " which stops no interface, and systemctl enable networking; reboot with the console at"
            " hand, then run again",
        )
