"""Which machine and which release this is: the one of the parameters, and one that was tried."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.params import KnownHost
from runbook.preflight.finding import CaseWithoutPlan, Finding, RefusedByPreflight, looked_for
from runbook.state.identity import Identity

ABOUT = "machine"
WHY = "DNS or ARP may one day lead to another machine, and runbook would change that one"


def refuse_another_machine(params: KnownHost, identity: Identity) -> None:
    """Raise RefusedByPreflight if `machine_id` is given and is another's; asked first of all."""
    finding = _judged(params, identity)
    if finding.against:
        raise RefusedByPreflight(params.host, (finding,))


def _machine(case: CaseWithoutPlan) -> Iterator[Finding]:
    yield _judged(case.params, case.snapshot.identity)


def _judged(params: KnownHost, identity: Identity) -> Finding:
    current, desired = identity.machine_id, params.machine_id
    who = f"{identity.hostname}, machine id {current}"
    if desired is None:
        then = f"once you know that it is the right one, add to params/{params.host}.yaml: "
        return Finding("note", ABOUT, f"{who}, not pinned", WHY, f"{then}machine_id: {current}")
    if desired != current:
        then = "check where `destination` leads; if it was reinstalled, correct `machine_id`"
        seen = f"{who}, but the parameters pin {desired}"
        return Finding("block", ABOUT, seen, WHY, then, field="machine_id")
    return Finding("ok", ABOUT, f"{who}, as pinned", WHY)


# Debian's archive no longer has it, so no lab can boot it.
UNTRIED = {("debian", "10")}


@looked_for(
    "release",
    "runbook was tried on this release",
    "runbook's lab boots each release that it supports",
)
def _release(case: CaseWithoutPlan) -> Iterator[Finding]:
    found = case.snapshot.identity
    if (found.os_id, found.os_version) in UNTRIED:
        yield Finding(
            "note",
            "release",
            f"{found.os_name or 'Debian 10'}: no change was ever made on a host of this release",
            "the lab cannot boot it: Debian's archive has it no more. Checked without a host: what"
            " runs on it against Python 3.7; output of iptables 1.8.2 and dhclient 4.4.1. Not"
            " tried: libvirt 5.0, iproute2 4.20, systemd 241, Linux 4.19",
            f"before the first change: `runbook record-host {case.params.host} FILE.json`, rehearse"
            " with `connect: recorded` and `recording: FILE.json`, and begin with a host whose"
            " console is at hand",
        )


RULES = (_machine, _release)
