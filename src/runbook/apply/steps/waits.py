"""Steps that wait: each looks again and again, and raises StepFailed when its time is over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from runbook.apply.steps.commands import failed, run
from runbook.common import octets
from runbook.common.errors import StepFailed
from runbook.plan.changes.guest_steps import AwaitForwarding, AwaitPerson
from runbook.plan.changes.steps import Command
from runbook.plan.changes.waits import AwaitAdmitted, AwaitCarrier, AwaitLinkLocal, AwaitRouter
from runbook.transport.host import Host

POLL_S = 0.05
# BR_STATE_FORWARDING.
FORWARDING = b"3"
# How often a person's work is asked for, and how long an answer is listened for (arp.py).
ASK_S, HEAR_S = 2.0, 1.2
# The same for a router that is asked in another MAC, and how often.
PROBE_S, PROBED = 1.2, 3


def carrier(step: AwaitCarrier, host: Host) -> None:
    """Look until the interface is up."""
    argv = ("ip", "-oneline", "link", "show", "dev", step.ifname, "up")
    for _ in _looks(step.budget_s, host):
        if b"state UP" in run(Command(argv), host):
            return
    raise failed(host, step, f"{step.ifname} has no carrier after {step.budget_s:g} s")


def admitted(step: AwaitAdmitted, host: Host) -> None:
    """Ask the router in the MAC of the NIC, and then in that of the bridge."""
    if not host.who_has(step.address, step.ifname, timeout=PROBE_S):
        # It answers no ARP probe at all, so nothing can be learned from its silence.
        return
    for _ in range(PROBED):
        if host.answers_mac(step.address, step.ifname, step.mac, timeout=PROBE_S):
            return
    raise StepFailed(
        f"the LAN does not admit the bridge's MAC {step.mac}: {step.address} answers the MAC of"
        f" {step.ifname} and not this one, so the switch port admits known MACs only",
        host=host.name,
        state="the address is still on the NIC, and nothing was lost",
        then="set bridge_mac: nic; or have the port admit the bridge's MAC, and the guests'",
    )


def link_local(step: AwaitLinkLocal, host: Host) -> None:
    """Look until the address may be used."""
    argv = ("ip", "-6", "-oneline", "address", "show", "dev", step.ifname, "scope", "link")
    for _ in _looks(step.budget_s, host):
        said = run(Command(argv), host)
        if said.strip() and b"tentative" not in said:
            return
    raise failed(
        host, step, f"{step.ifname} has none after {step.budget_s:g} s: {octets.text_of(said)}"
    )


def router(step: AwaitRouter, host: Host) -> None:
    """Look until each route has been learned."""
    argv = ("ip", "-6", "route", "show", "default", "dev", step.ifname)
    wanted = {(route.gateway, str(route.metric)) for route in step.routes}
    for _ in _looks(step.budget_s, host):
        lines = octets.text_of(run(Command(argv), host)).splitlines()
        if wanted <= {_way(line.split()) for line in lines}:
            return
    raise failed(host, step, f"none was heard in {step.budget_s:g} s")


def forwarding(step: AwaitForwarding, host: Host) -> None:
    """Look until the port of the bridge forwards."""
    path = f"/sys/class/net/{step.port}/brport/state"
    for _ in _looks(step.budget_s, host):
        (state,) = host.read_files([path])
        if state is not None and state.content.strip() == FORWARDING:
            return
    raise failed(host, step, f"it does not after {step.budget_s:g} s")


def person(step: AwaitPerson, host: Host) -> None:
    """Ask for the address until only this MAC answers."""
    answers: tuple[str, ...] = ()
    for _ in range(int(step.budget_s / ASK_S)):
        answers = host.who_has(step.address, step.ifname, timeout=HEAR_S)
        if answers == (step.mac,):
            return
        # Without this a person would have less time than was said.
        run(Command(("sleep", f"{ASK_S - HEAR_S:g}")), host)
    told = ", ".join(answers) or "nobody"
    raise failed(host, step, f"{told} answers for {step.address} after {step.budget_s:g} s")


def _looks(budget_s: float, host: Host) -> Iterator[None]:
    """As many looks as there is time for, with a pause on the host after each."""
    for _ in range(int(budget_s / POLL_S)):
        yield
        run(Command(("sleep", str(POLL_S))), host)


def _way(words: list[str]) -> tuple[str, str]:
    """Gateway and metric of a line of `ip route`."""
    told = dict(pairwise(words))
    return told.get("via", ""), told.get("metric", "")
