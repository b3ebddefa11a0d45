"""What of the host's IPv6 moves along, and what cannot be carried over."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.routed import ipv6
from runbook.preflight.finding import Case, Finding, looked_for

WHY = "runbook keeps all of a host's IPv6 configuration, or refuses the host"


@looked_for("IPv6", "link-local addresses only, before and after", WHY)
def _ipv6(case: Case) -> Iterator[Finding]:
    for problem in ipv6.uncarried(case.params, case.snapshot):
        yield Finding("block", problem.about, problem.seen, WHY, problem.then)
    six = case.plan.of_host.ipv6
    for address in six.addresses if six else ():
        yield Finding("note", "IPv6", address, "it moves along, with the routes through the NIC")


RULES = (_ipv6,)
