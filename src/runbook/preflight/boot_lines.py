"""Lines by which a boot would give the NIC an address, or take it, before libvirt starts."""

from __future__ import annotations

import re

from runbook.plan.forecast.named_lines import Named
from runbook.preflight.finding import Case, Finding
from runbook.state.host.line_search import Line
from runbook.state.host.naming_files import NamingFile

ABOUT, BY_NAME, MOST_SHOWN = "the NIC's name", "nic-by-name", 5
# Scripts that something runs by itself: ifupdown, and the DHCP client.
AT_A_LEASE = "the DHCP client"
IF_UP = "/etc/network/if-up.d/"
# A line that goes on until what it asks for is there.
_WAITS = re.compile(r"(.*[\s;\"'])?(until|while)\s")
# A line that acts on the answer at once.
_RESTARTS = re.compile(
    r"\b(reboot|shutdown|poweroff|halt|init [06]|ifdown|ifup|restart (networking|network))\b"
)
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
    """A script asks what the NIC has or reaches; one that waits for it would wait for ever."""
    current = f"{in_words(n, n.asking)}; {n.run_by}"
    return _asking(current, [line.text for line in n.asking], case, at_boot=n.at_boot)


def asks_by_a_variable(n: Named, case: Case) -> Finding:
    """The same by a variable, perhaps in another file than the one that has the name."""
    uses = n.asking_by_variable
    keeping = f"{in_words(n, n.lacking)}; {n.run_by}"
    shown = "; ".join(f"{x.path} line {x.number}: {x.text}" for x in uses[:MOST_SHOWN])
    return _asking(f"{keeping}; {shown}", [use.text for use in uses], case, at_boot=True)


def _asking(current: str, texts: list[str], case: Case, *, at_boot: bool) -> Finding:
    nic, instead = case.params.holder, _without_the_name(case)
    if at_boot and any(map(_WAITS.match, texts)):
        why = f"{nic} will never have one: at a boot it waits, and so does what comes after it"
        return Finding("block", ABOUT, current, why, instead)
    if at_boot and any(map(_RESTARTS.search, texts)):
        why = f"{nic} has no address after the change: the line would do this again and again"
        return Finding("block", ABOUT, current, why, instead)
    why = (
        f"{nic} will have none: a script that waits for one waits for ever, and one that restarts"
        " the network, or reboots, because none is there does so again and again"
    )
    then = f"{instead}; if it does no harm without one, consent: [{BY_NAME}]"
    return Finding("consent", ABOUT, current, why, then, BY_NAME)


def _without_the_name(case: Case) -> str:
    address, gateway = case.params.ipv4.ip, case.params.gateway
    return (
        f"have it ask without the name, which is right before the change as after it: for an"
        f" address `ip -4 -o addr show to {address} | grep -q .`, for a route"
        f" `ip -4 route show default | grep -q .`, for a neighbour `ping -I {address} {gateway}`"
    )


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
