"""Whether a stanza of ifupdown gives each of the NIC's addresses, or something else does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from runbook.preflight.boot_lines import BY_NAME
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow, contents
from runbook.state.syntax.ifupdown import HOOKS, Stanza, physical, stanzas

ABOUT = "who gives the address"
AGAIN = "whatever gives it at a boot gives it again, to {nic}: then libvirt starts no network"
FOR_GOOD = (
    "a program such as keepalived or pacemaker may have given it, for as long as this host is the"
    " one to have it; libvirt's hook would bring it back at each boot"
)
# Programs give these for want of another address (RFC 3927).
LINK_LOCAL = ip_network("169.254.0.0/16")
PLAIN = ("static", "manual")
_BETWEEN = re.compile(r"[\s/]+")


@looked_for(ABOUT, "each address of the NIC is in a stanza of ifupdown, or is learned", FOR_GOOD)
def _sources(case: Case) -> Iterator[Finding]:
    nic = case.params.holder
    texts = contents(case.snapshot.rows(FileRow))
    own = [s for s in stanzas(texts) if s.kind == "iface" and physical(s.name) == nic]
    for row in case.snapshot.rows(AddressRow):
        if row.ifname != nic or row.scope != "global" or _is_learned(row):
            continue
        if not any(_gives(stanza, row, case) for stanza in own):
            yield _nobody(row, case)


def _is_learned(row: AddressRow) -> bool:
    flags = row.flags.split()
    if row.family == "inet6":
        return "permanent" not in flags or "mngtmpaddr" in flags
    return ip_address(row.address) in LINK_LOCAL


def _gives(stanza: Stanza, row: AddressRow, case: Case) -> bool:
    if stanza.family != row.family:
        return any(_says(rest, row) for word, rest in stanza.options if word in HOOKS)
    if stanza.method not in PLAIN:
        return row.valid_lft_s is not None or row.address == str(case.params.ipv4.ip)
    return any(
        _says(rest, row) for word, rest in stanza.options if word in HOOKS or word == "address"
    )


def _says(text: str, row: AddressRow) -> bool:
    """Whether the address is one of the words, in whatever spelling."""
    return any(_plain(word) == row.address for word in _BETWEEN.split(text))


def _plain(word: str) -> str:
    try:
        return str(ip_address(word))
    except ValueError:
        return ""


def _nobody(row: AddressRow, case: Case) -> Finding:
    nic, bridge = case.params.holder, case.params.bridge
    address = f"{row.address}/{row.prefixlen}"
    current = f"{address} is on {nic}, and no stanza of {nic} gives it"
    if row.address == str(case.params.ipv4.ip):
        why = AGAIN.format(nic=nic)
        then = (
            f"find what gives it (`grep -r {row.address} /etc`) and take it out there; write the"
            f" address into the stanza of {nic}; if somebody typed it, consent: [{BY_NAME}]"
        )
        return Finding("consent", ABOUT, current, why, then, BY_NAME)
    then = (
        f"stop the program that gave it, so that it goes, and have the program use {bridge}; or"
        f" write it into a stanza of {nic}; or, if it is to stay on this host, consent: [{BY_NAME}]"
    )
    return Finding("consent", ABOUT, current, FOR_GOOD, then, BY_NAME)


RULES = (_sources,)
