"""Scripts that ifupdown or the DHCP client runs for the NIC: after the change they run otherwise.

ifupdown brings the NIC up as `inet manual`, before the host has its address, and never the bridge.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.forecast.hook_scripts import asks_method, doing, for_iface
from runbook.plan.forecast.named_lines import names
from runbook.plan.routed.interfaces import ADDRESSING
from runbook.preflight.boot_lines import BY_NAME, IF_UP, MOST_SHOWN
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.files import FileRow, contents
from runbook.state.host.line_search import Line
from runbook.state.host.naming_files import NamingFile
from runbook.state.leases import LeaseRow
from runbook.state.syntax.ifupdown import HOOKS, physical, stanzas

ABOUT = "scripts for the NIC"
OF_CLIENT = "/etc/dhcp/"
# Options that ifupdown's helpers read about the link alone, or that other rules judge.
OF_LINK = (
    *("mtu", "hwaddress", "media", "ethernet-", "link-", "offload-", "hardware-", "wireless-"),
    *("wpa-", "bridge", "bond", "slaves", "vlan", "dns-", "ovs-"),
)
INSTEAD = "have a unit do it, with Wants= and After=network-online.target"
WHY = "after the change ifupdown runs them for the NIC without an address, and not for the bridge"


@looked_for(ABOUT, "ifupdown and the DHCP client run no script that needs the address", WHY)
def _scripts(case: Case) -> Iterator[Finding]:
    giving = {script.path for script in case.around.naming.giving}
    for script in case.around.own_scripts:
        if script.path.startswith(OF_CLIENT):
            yield from _of_client(script, case)
        elif script.path not in giving:
            yield from _of_ifupdown(script, case)


@looked_for("options for the NIC", "its stanzas have options about address and link alone", WHY)
def _options(case: Case) -> Iterator[Finding]:
    """Options that a package's script reads (`openvpn office`, `ucarp-vip`)."""
    nic = case.params.holder
    for stanza in stanzas(contents(case.snapshot.rows(FileRow))):
        if stanza.kind != "iface" or physical(stanza.name) != nic or stanza.method == "manual":
            continue
        others = [
            f"{word} {rest}"
            for word, rest in stanza.options
            if word not in (ADDRESSING | HOOKS) and not word.replace("_", "-").startswith(OF_LINK)
        ]
        if others:
            yield _consent(
                f"{stanza.path} line {stanza.first}: `iface {stanza.name}` has"
                f" {'; '.join(others[:MOST_SHOWN])}, for a script of ifupdown's",
                f"after the change ifupdown brings {nic} up without an address, and before the host"
                " has one: what the script starts may need it",
            )


def _of_ifupdown(script: NamingFile, case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    # A line with a name is judged with all others that have it.
    acting = [x for x in doing(script) if not (names(x.text, nic) or names(x.text, bridge))]
    if asking := asks_method(script):
        yield _consent(
            _lines(script, asking, "ifupdown runs it"),
            f"after the change ifupdown brings {nic} up as `inet manual`: $METHOD is manual, and"
            f" $IF_ADDRESS and the like are empty. It runs the script for {bridge} never",
        )
    elif script.path.startswith(IF_UP) and acting:
        yield _consent(
            _lines(script, acting, "ifupdown runs it once an interface is up"),
            "after the change it runs before the host has its address; the address comes with"
            f" {bridge}, for which ifupdown runs nothing",
        )
    elif own := [line for line in for_iface(script) if line in acting]:
        yield _consent(
            _lines(script, own, "ifupdown runs it for each interface"),
            f"it is done for {nic}, which has no address after the change, and not for {bridge}",
        )


def _of_client(script: NamingFile, case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    lent = any(row.ifname == nic for row in case.snapshot.rows(LeaseRow))
    acting = doing(script)
    if not (lent and acting) or case.params.addressing == "keep":
        return
    yield Finding(
        "consent",
        ABOUT,
        _lines(script, acting, "the DHCP client runs it"),
        f"after the change no DHCP client runs on {nic}, so this is not done any more",
        f"set addressing: keep, and one runs on {bridge}; or {INSTEAD}; if the host can do without,"
        f" consent: [{BY_NAME}]",
        BY_NAME,
    )


def _consent(current: str, why: str) -> Finding:
    then = f"{INSTEAD}; if the host can do without, consent: [{BY_NAME}]"
    return Finding("consent", ABOUT, current, why, then, BY_NAME)


def _lines(script: NamingFile, lines: tuple[Line, ...] | list[Line], run_by: str) -> str:
    shown = "; ".join(f"line {line.number}: {line.text}" for line in lines[:MOST_SHOWN])
    more = f"; and {len(lines) - MOST_SHOWN} more lines" if len(lines) > MOST_SHOWN else ""
    return f"{script.path} {shown}{more}; {run_by}"


RULES = (_scripts, _options)
