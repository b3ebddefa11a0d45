"""Lines by which a boot would give the NIC an address, or take it, before libvirt starts."""

from __future__ import annotations

import re

from runbook.plan.forecast.named_lines import Named
from runbook.preflight.finding import Case, Finding
from runbook.state.host.naming_files import Line, NamingFile

ABOUT, BY_NAME, MOST_SHOWN = "the NIC's name", "nic-by-name", 5
# Scripts that something runs by itself: ifupdown, and the DHCP client.
AT_A_LEASE = "the DHCP client"
IF_UP = "/etc/network/if-up.d/"
# A line that goes on until what it asks for is there.
_WAITS = re.compile(r"(.*[\s;\"'])?(until|while)\s")
GIVES = (
    "at a boot {nic} would have an address or a route of its own; beside a route to the LAN libvirt"
    " starts no network, so {bridge} stays away and the host cannot be reached"
)
TAKES = (
    "at a boot it may take {nic} before libvirt does: {bridge} has no port then, and the host"
    " cannot be reached"
)


def in_words(n: Named, acting: tuple[Line, ...] = ()) -> str:
    """The file, and those of its lines that matter."""
    if n.by_its_name:
        return f"{n.file.path} is for the NIC by its name"
    acting = acting or n.acting
    lines = acting[:MOST_SHOWN]
    more = len(acting) - len(lines)
    lines_in_words = "; ".join(f"line {line.number}: {line.text}" for line in lines)
    return f"{n.file.path} {lines_in_words}" + (f"; and {more} more lines" if more else "")


def keeps_the_bridge(n: Named, case: Case) -> Finding:
    """A boot gives the NIC an address, or takes it for something else: libvirt comes later."""
    nic, bridge = case.params.holder, case.params.bridge
    if n.giving:
        why = GIVES.format(nic=nic, bridge=bridge)
        then = (
            f"take it out: the change carries the addresses and routes that {nic} has, and they"
            f" come back at each boot; what {nic} does not have now, add for {bridge}, in a unit"
            " that starts after libvirtd"
        )
    else:
        why = TAKES.format(nic=nic, bridge=bridge)
        then = f"take it out, or have it use {bridge}, and start it after libvirtd"
    if n.by_its_name:
        then = f"systemctl disable {n.file.path.rpartition('/')[2]}, without --now; {then}"
    return Finding("block", ABOUT, f"{in_words(n, n.wrong)}; {n.run_by}", why, then)


def gives_any_interface(script: NamingFile, case: Case) -> Finding:
    """A script of ifupdown runs for each interface, and gives one an address."""
    nic, bridge = case.params.holder, case.params.bridge
    named_too = any(file.path == script.path for file in case.around.naming.files)
    lines = "; ".join(f"line {line.number}: {line.text}" for line in script.lines[:MOST_SHOWN])
    current = f"{script.path} {lines}; ifupdown runs it for each interface that comes up"
    why = GIVES.format(nic=nic, bridge=bridge)
    out = f"take the line out, or leave {nic} alone there"
    if named_too:
        return Finding("block", ABOUT, current, why, out)
    return Finding(
        "consent",
        ABOUT,
        current,
        why,
        f"{out}; if it does so already, consent: [{BY_NAME}]",
        BY_NAME,
    )


def keeps_in_a_variable(n: Named, case: Case) -> Finding:
    """What the script does with the name is not to be seen; it has a command that would matter."""
    nic, bridge = case.params.holder, case.params.bridge
    return Finding(
        "consent",
        ABOUT,
        f"{in_words(n, n.variables)}; {n.run_by}; a command there gives an interface an address,"
        " or takes one for something else",
        GIVES.format(nic=nic, bridge=bridge),
        f"see what it does with {nic}: take that out, for the change carries the addresses and"
        f" routes that {nic} has; if it does none of this to {nic}, consent: [{BY_NAME}]",
        BY_NAME,
    )


def runs_before_the_address(n: Named, case: Case) -> Finding:
    """A script that ifupdown runs once the NIC is up: that is before the bridge has the address."""
    return Finding(
        "note",
        ABOUT,
        f"{in_words(n, n.conditions)}; {n.run_by}",
        "at a boot it runs before the host has its address, and $IF_ADDRESS is empty; the address"
        f" comes with {case.params.bridge}, for which ifupdown runs nothing",
        "if it needs the network (a mount, a registration, a tunnel), have a unit start it, with"
        " Wants= and After=network-online.target; if not, nothing",
    )


def runs_at_each_lease(n: Named, case: Case) -> Finding:
    """A script that the DHCP client runs for the NIC, on which none will run."""
    nic, bridge = case.params.holder, case.params.bridge
    return Finding(
        "note",
        ABOUT,
        f"{in_words(n, n.conditions)}; {n.run_by}",
        f"after the change no DHCP client runs on {nic}, so this is not done any more; with"
        f" addressing: keep one runs on {bridge}",
        f"if something needs it, name {bridge} there too and set addressing: keep; or have a unit"
        " do it, with Wants= and After=network-online.target; if not, nothing",
    )


def asks_for_the_address(n: Named, case: Case) -> Finding:
    """A script asks which address the NIC has; one that waits for it would wait for ever."""
    nic, bridge = case.params.holder, case.params.bridge
    waits = n.at_boot and any(_WAITS.match(line.text) for line in n.asking)
    address = case.params.ipv4.ip
    either = (
        f"have it ask whether any interface has the address: ip -4 -o addr show to {address} | grep"
        f" -q . (before the change as after it, with {nic} as with {bridge})"
    )
    current = f"{in_words(n, n.asking)}; {n.run_by}"
    if waits:
        why = (
            f"{nic} will never have one: at a boot it waits, and so does what is to start after it"
        )
        return Finding("block", ABOUT, current, why, either)
    why = (
        f"{nic} will have none: a script that restarts the network, or reboots, because no address"
        " is there would do so again and again"
    )
    then = f"{either}; if it does no harm without one, consent: [{BY_NAME}]"
    return Finding("consent", ABOUT, current, why, then, BY_NAME)


def early(n: Named, case: Case) -> Finding:
    """The initramfs may configure the NIC, and leave it so."""
    nic, bridge = case.params.holder, case.params.bridge
    return Finding(
        "consent",
        ABOUT,
        f"{in_words(n)}; {n.run_by}",
        f"it may give {nic} an address before ifupdown runs. Where that stays, libvirt starts no"
        f" network: {bridge} is not there, and the host cannot be reached",
        "dropbear-initramfs takes the address away again before the boot goes on (by default IFDOWN"
        f" is * there): if nothing else uses the line, consent: [{BY_NAME}]; otherwise take it out,"
        " and run update-grub and update-initramfs -u",
        BY_NAME,
    )
