"""What a survey offers for each parameter: what was given, was found, or is usual."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import count

from runbook.params import Params
from runbook.plan.routed.attach import lan_bridge, onto
from runbook.preflight import known_macs
from runbook.preflight.survey.nics import brought
from runbook.state.leases import LeaseRow
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot

# The fields of the form, in their order; a risk has a box below them.
FIELDS = (
    *("interface", "address", "gateway", "network", "bridge", "bridge_mac", "stp"),
    *("forward", "firewall", "probes", "machine_id"),
)
ASKED = (*FIELDS, "consent")
# What the host alone can tell.
NEEDED = ("interface", "address", "gateway")
GIVEN, FOUND, IN_THE_FILE, USUAL = "given", "found on the host", "in the file", "usual"
# A value, and where it comes from.
Offered = tuple[object, str]


def offer(
    snapshot: Snapshot, nic: str, given_values: Mapping[str, object], file: Mapping[str, object]
) -> dict[str, Offered]:
    """The value for each of ASKED, and for every other parameter that was given or is in the file.

    What was given wins over what was found. What the host shows (interface,
    address, gateway) wins over the file; what is a choice stays as the file has it.
    `nic` is '' where the interface is still to be chosen.
    """
    values = {"interface": nic, **brought(snapshot, nic)} if nic else {}
    router = str(given_values.get("gateway") or values.get("gateway") or "")
    offered = _usual(snapshot, router)
    offered["bridge_mac"] = _bridge_mac(snapshot, nic)
    if values.get("address", "").endswith("/32"):
        offered["forward"] = ("open", "an address without a subnet has no LAN for libvirt's NAT")
    offered |= _attached(snapshot, nic) if nic else {}
    if not file:
        offered["machine_id"] = (snapshot.identity.machine_id, FOUND)
    offered |= {name: (value, IN_THE_FILE) for name, value in file.items()}
    offered |= {name: (value, FOUND) for name, value in values.items() if value}
    offered |= {name: (value, GIVEN) for name, value in given_values.items()}
    return {name: offered[name] for name in (*ASKED, *sorted(offered.keys() - set(ASKED)))}


def _attached(snapshot: Snapshot, nic: str) -> dict[str, Offered]:
    """For a bridge that has the address already: a libvirt network onto it, or the one there."""
    bridge = lan_bridge(snapshot, nic)
    if not bridge:
        return {}
    why = f"the address is on {bridge} already"
    offered: dict[str, Offered] = {"bridge": (bridge, FOUND), "attach": (True, why)}
    if there := onto(snapshot, bridge):
        offered["network"] = (there[0].name, f"it leads onto {bridge} already")
    return offered


def _usual(snapshot: Snapshot, gateway: str) -> dict[str, Offered]:
    networks = snapshot.rows(NetworkRow)
    names = {row.name for row in networks}
    in_use = {row.bridge for row in networks}
    in_use |= {row.ifname for row in snapshot.rows(LinkRow)}
    others = [row.name for row in networks if row.active]
    forward = ("open", f"{', '.join(others)} is active beside it") if others else ("nat", USUAL)
    defaults = {name: Params.model_fields[name].default for name in ASKED if name not in NEEDED}
    return {
        **dict.fromkeys(NEEDED, ("", "you have to give it")),
        **{name: (value, USUAL) for name, value in defaults.items()},
        "network": (_free(_numbered("routed", "-"), names), "free on the host"),
        "bridge": (_free((f"virbr{n}" for n in count(1)), in_use), "free on the host"),
        "forward": forward,
        "probes": ((gateway,) if gateway else (), "the gateway"),
    }


def _bridge_mac(snapshot: Snapshot, nic: str) -> Offered:
    """The bridge's own MAC behind one's own switch alone."""
    if sign := next(known_macs.signs(snapshot, nic), ""):
        return ("nic", f"{sign}: the switch may admit known MACs only")
    lent = any(row.ifname == nic for row in snapshot.rows(LeaseRow))
    if lent:
        kept = "the lease becomes a static address, or goes on with addressing: keep"
        return ("nic", f"a DHCP server knows {nic} by its MAC; {kept}")
    return ("own", "the address is private: the switch is probably your own")


def _numbered(name: str, between: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{between}{number}" for number in count(2))


def _free(names: Iterator[str], in_use: Collection[str]) -> str:
    return next(name for name in names if name not in in_use)
