"""A confirmed change as its record has it, and the host some weeks later."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.unit import fakes
from tests.unit.hosts import Row

from runbook.plan.plan import Plan
from runbook.plan.revert.procedure import make_plan
from runbook.plan.revert.recorded import RecordedChange
from runbook.plan.routed import procedure
from runbook.state.snapshot import Snapshot

INTERFACES = "/etc/network/interfaces"
SCRIPT = f"/var/lib/runbook/{fakes.CHANGE}/revert"
EDITED = f"auto {fakes.NIC}\niface {fakes.NIC} inet manual\n"
BEFORE = fakes.seen()
PLAN = procedure.make_plan(fakes.params(), BEFORE)


def file(path: str, content: str) -> Row:
    """A file with the digest of its content."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {**fakes.file(path, content), "sha256": digest}


def later(interfaces: str = EDITED, /, **tables: list[Row]) -> Snapshot:
    """The host after the change; a table that is named is another one."""
    promised = [file(f.path, f.text) for f in PLAN.of_host.files]
    files = [*promised, file(INTERFACES, interfaces)]
    return fakes.as_promised(PLAN.of_host, **{"files": files, **tables})


def altered(table: str, *rows: Row) -> dict[str, list[Row]]:
    """One table of the host after the change, and more rows in it."""
    kept: dict[str, Any] = {
        "links": [
            fakes.link(fakes.NIC, mac=fakes.NIC_MAC, master="virbr1"),
            fakes.link("virbr1", kind="bridge", mac=PLAN.of_host.mac, stp=1),
        ],
        "routes": [
            fakes.connected("virbr1"),
            *(fakes.as_row(route) for route in PLAN.of_host.routes),
        ],
        "sysctl": [{"name": name, "value": value} for name, value in PLAN.of_host.sysctls],
        "networks": [fakes.network(PLAN.of_host)],
    }
    return {table: [*kept.get(table, []), *rows]}


def recorded(plan: Plan = PLAN) -> RecordedChange:
    """The record of the change."""
    return RecordedChange(fakes.CHANGE, plan, BEFORE, later())


def plan(now: Snapshot | None = None, change: RecordedChange | None = None) -> Plan:
    """The plan that takes it back."""
    script = "the script without: {}".format
    given = change or recorded()
    return make_plan(
        given, now or later(), SCRIPT, lambda skipped: script(" ".join(sorted(skipped)))
    )
