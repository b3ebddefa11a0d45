"""A guest as libvirt has it: its state, its NIC, and the filters before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

from runbook.common.redact import REDACTED
from runbook.guest.facts import MOVABLE, orphans
from runbook.guest.rules.case import GuestCase
from runbook.preflight.finding import Finding, looked_for
from runbook.state.guests import GuestRow, TapRow
from runbook.state.links import LinkRow

# Every state in which a guest can neither be asked nor started anew from its definition.
SUSPENDED = {
    "paused": "virsh resume",
    "pmsuspended": "virsh dompmwakeup",
    "in shutdown": "wait until it is off, then virsh start",
    "crashed": "run virsh destroy and then virsh start on",
    "no state": "look at virsh dominfo",
}


@looked_for(
    "guests: state",
    "each guest is running",
    "only a guest that is running or shut off can be changed",
)
def _state(case: GuestCase) -> Iterator[Finding]:
    for about, target in case.each():
        name, row = target.guest.name, case.snapshot.find(GuestRow, target.guest.name)
        if row and row.saved:
            yield Finding(
                "block",
                about,
                "its memory is saved on the disk (managed save)",
                "its next start restores the old NIC and the old addresses",
                f"virsh start {name}, then run again",
            )
        elif row and row.state in SUSPENDED:
            yield Finding(
                "block",
                about,
                f"it is {row.state}",
                "it cannot be asked, and its own undo would not run",
                f"{SUSPENDED[row.state]} {name}, then run again",
            )
        elif row and not target.nic.live_xml:
            yield Finding(
                "note",
                about,
                "it is shut off: only its definition is changed",
                "nothing inside is changed or verified; it starts on the LAN with the"
                " addresses that it had",
                f"start it, and run again for {name}",
            )


@looked_for(
    "guests: NIC",
    "each NIC is on a network or a bridge, with a MAC of its own",
    "the switch and the router know a machine by its MAC",
)
def _nic(case: GuestCase) -> Iterator[Finding]:
    count = Counter(row.mac for row in case.snapshot.rows(TapRow))
    own = {link.mac for link in case.snapshot.rows(LinkRow)}
    for about, target in case.each():
        if target.nic.kind not in MOVABLE:
            yield Finding(
                "block",
                about,
                f"its NIC {target.nic.mac} is of type {target.nic.kind}",
                "only one on a network or a bridge is moved without a restart",
                f"virsh edit {target.guest.name}: make it <interface type='network'>",
            )
        if any(escape(REDACTED) in xml for xml in (target.nic.live_xml, target.nic.defined_xml)):
            yield Finding(
                "block",
                about,
                f"the definition of its NIC {target.nic.mac} has a secret in it",
                "runbook keeps no secret in a plan, so it cannot move the NIC unaltered",
                f"virsh edit {target.guest.name}: take the secret out of the <interface>",
            )
        if count[target.nic.mac] > 1 or target.nic.mac in own:
            yield Finding(
                "block",
                about,
                f"its MAC {target.nic.mac} is on this host more than once",
                "the bridge would send its packets wherever the MAC was seen last",
                f"give it another: virsh edit {target.guest.name}, and restart it",
            )
        if not target.nic.defined_xml:
            yield Finding(
                "note",
                about,
                "it is a transient guest: the move lasts only until the guest is shut off",
                "libvirt forgets a transient guest that is shut off",
                "nothing, unless it was meant to stay",
            )


@looked_for(
    "guests: filters", "no nwfilter on any of the NICs", "a filter may know the old address only"
)
def _filters(case: GuestCase) -> Iterator[Finding]:
    for about, target in case.each():
        if not target.nic.filter:
            continue
        pinned = _pinned(target.nic.live_xml or target.nic.defined_xml)
        current = f"nwfilter {target.nic.filter}" + (f", IP {', '.join(pinned)}" if pinned else "")
        if pinned and str(target.guest.ipv4.ip) not in pinned:
            yield Finding(
                "block",
                about,
                f"{current}: not {target.guest.ipv4.ip}",
                "the host drops what the guest sends from any other address",
                f"virsh edit {target.guest.name}: fix the parameter IP of its <filterref>",
            )
        else:
            why = "it stays; without a pinned IP libvirt learns the address from the first packets"
            then = "if the guest does not answer afterwards, check this filter first"
            yield Finding("note", about, current, why, then)


def _pinned(xml: str) -> list[str]:
    # The XML comes from the host's libvirt over the connection that may already change the host.
    parameters = fromstring(xml).findall("filterref/parameter")  # noqa: S314
    return [p.get("value", "") for p in parameters if p.get("name", "").upper() == "IP"]


@looked_for(
    "guests: taps",
    "the tap of every other running guest is in its network's bridge",
    "a network that was stopped and started has lost its guests",
)
def _orphans(case: GuestCase) -> Iterator[Finding]:
    named = {target.guest.name for target in case.targets}
    for guest, tap, bridge in orphans(case.snapshot):
        if guest not in named:
            yield Finding(
                "note",
                f"guest {guest}",
                f"its {tap} is not in {bridge}",
                "it has no network, though libvirt says that it has",
                f"run this for {guest} too, or: ip link set {tap} master {bridge}",
            )


RULES = (_state, _nic, _filters, _orphans)
