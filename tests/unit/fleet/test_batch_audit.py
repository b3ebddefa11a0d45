"""A host some time after its change: what stops a fleet, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.fleet.batch_audit import audited, judged
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import HostEnd
from runbook.records.audit.drift import Drift, Severity
from runbook.records.audit.look import Audit

CHANGED = HostEnd(host="server-01", end=FleetEnd.AS_PROMISED, seconds=30.0, folder="/o/x")


def drift(severity: Severity) -> Drift:
    row = ("changed", "networks", "routed", "autostart", "no autostart")
    return Drift(severity, *row, "the network does not start at boot", "set autostart")


@pytest.mark.parametrize(
    ("severities", "end"),
    [
        ((), FleetEnd.AS_PROMISED),
        ((Severity.HARMLESS,), FleetEnd.AS_PROMISED),
        ((Severity.LESS,), FleetEnd.DRIFTED),
        ((Severity.HARMLESS, Severity.LESS), FleetEnd.DRIFTED),
    ],
)
def test_a_difference_that_is_not_harmless_is_a_failure_with_its_finding(
    severities: tuple[Severity, ...], end: FleetEnd
) -> None:
    drifts = tuple(map(drift, severities))
    found = judged(CHANGED, Audit("server-01", fakes.NOON, fakes.seen(), None, drifts))
    assert found.end is end
    assert (found.seconds, found.folder) == (30.0, "/o/x")
    assert found.finding == (
        "the network does not start at boot; set autostart" if end is FleetEnd.DRIFTED else ""
    )


def test_a_host_that_cannot_be_audited_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "server-01.yaml").write_text("connect: [\n")
    found = audited(CHANGED, tmp_path, tmp_path, fakes.Time())
    assert found.end is FleetEnd.UNKNOWN
    assert "the audit after it failed" in found.said
