"""The host of a snapshot, as the model that steps are made on."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

from tests.unit.plan.changes.host_model import HostModel

from runbook.plan.changes.file_steps import RemoveDir
from runbook.plan.changes.firewall import PROGRAMS
from runbook.plan.changes.messages import Action
from runbook.plan.plan import Plan
from runbook.plan.promise.ipv6 import global6
from runbook.plan.routed import facts
from runbook.state.files import FileRow
from runbook.state.firewall import FirewallRow
from runbook.state.leases import LeaseRow
from runbook.state.links import LinkRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.iptables_save import words
from runbook.state.sysctl import SysctlRow


def modelled(seen: Snapshot, plan: Plan) -> HostModel:
    """The host of that snapshot."""
    links = {row.ifname: row.master for row in seen.rows(LinkRow)}
    chains: dict[Any, list[tuple[str, ...]]] = {}
    policies: dict[Any, str] = {}
    for row in sorted(seen.rows(FirewallRow), key=lambda r: r.position):
        place = (PROGRAMS["nft", row.family], row.table, row.chain)
        if row.position:
            chains.setdefault(place, []).append(words(row.rule)[2:])
        else:
            policies[place] = row.rule.split()[-1]
    holder = plan.of_host.holder
    four = [facts.as_delete_message(row) for row in facts.addresses_on(seen, holder)]
    six = [facts.as_delete_message(row) for row in global6(seen, holder)]
    made = {step.path for _, step in plan.undo_steps() if isinstance(step, RemoveDir)}
    model = HostModel(
        masters=links,
        addresses=[replace(a, action=Action.ENSURE) for a in (*four, *six)],
        routes=[facts.as_route_message(row) for row in seen.rows(RouteRow)],
        files={r.path: r.content.encode() for r in seen.rows(FileRow)},
        folders=made - {"/etc/libvirt/hooks/network.d"},
        sysctls={r.name: r.value for r in seen.rows(SysctlRow)},
        chains=chains,
        policies=policies,
        clients={tuple(shlex.split(r.argv)) for r in seen.rows(LeaseRow)},
        pids={str(r.pid): tuple(shlex.split(r.argv)) for r in seen.rows(LeaseRow)},
    )
    model.files |= {r.lease_file: b"lease {}\n" for r in seen.rows(LeaseRow)}
    model.arm()
    return model
