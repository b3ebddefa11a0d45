"""The host of a snapshot, as the model that steps are made on."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

from tests.unit.fakes import NIC
from tests.unit.plan.changes.host_model import HostModel

from runbook.plan.changes.firewall import PROGRAMS
from runbook.plan.changes.messages import Action
from runbook.plan.changes.steps import RemoveDir
from runbook.plan.plan import Plan
from runbook.plan.promise.ipv6 import global6
from runbook.plan.routed import facts
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.iptables_save import words
from runbook.state.table import rows


def modelled(seen: Snapshot, plan: Plan) -> HostModel:
    """The host of that snapshot."""
    links = [str(name) for name in seen.links["ifname"]]
    chains: dict[Any, list[tuple[str, ...]]] = {}
    policies: dict[Any, str] = {}
    for row in sorted(rows(seen.firewall), key=lambda r: int(r["position"])):
        place = (PROGRAMS["nft", str(row["family"])], str(row["table"]), str(row["chain"]))
        if row["position"]:
            chains.setdefault(place, []).append(words(str(row["rule"]))[2:])
        else:
            policies[place] = str(row["rule"]).split()[-1]
    address = facts.nic_address(seen, NIC, plan.of_host.address)
    six = [facts.address(row) for row in global6(seen, NIC)]
    made = {step.path for _, step in plan.undo_steps() if isinstance(step, RemoveDir)}
    model = HostModel(
        masters=dict.fromkeys(links, ""),
        addresses=[replace(a, action=Action.ENSURE) for a in (address, *six)],
        routes=[facts.route(row) for row in rows(seen.routes)],
        files={str(r["path"]): str(r["content"]).encode() for r in rows(seen.files)},
        folders=made - {"/etc/libvirt/hooks/network.d"},
        sysctls={str(r["name"]): str(r["value"]) for r in rows(seen.sysctl)},
        chains=chains,
        policies=policies,
        clients={tuple(shlex.split(str(r["argv"]))) for r in rows(seen.leases)},
        pids={str(r["pid"]): tuple(shlex.split(str(r["argv"]))) for r in rows(seen.leases)},
    )
    model.files |= {str(r["lease_file"]): b"lease {}\n" for r in rows(seen.leases)}
    model.arm()
    return model
