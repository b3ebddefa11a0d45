"""Guests by fleet: an inventory says which guest of each host moves, and to which address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests import bench
from tests.lab import fleeting

from runbook.lab.probe import OutageProbe

HOSTS = fleeting.names(2)
ADDRESSES = {"server-01": "172.16.1.110/16", "server-02": "172.16.1.120/16"}
NOTEBOOKS = bench.ROOT / "notebooks"
pytestmark = [pytest.mark.timeout(1200), pytest.mark.thorough]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNBOOK_GUEST_PASSWORD_VM_01", "lab")
    fleeting.fresh(len(HOSTS))
    made = bench.make_home(tmp_path)
    fleeting.describe(made, HOSTS)
    return made


def inventory(home: Path) -> str:
    given = {
        host: {"runbook_guest": "vm-01", "runbook_address": at, "runbook_gateway": "172.16.0.1"}
        for host, at in ADDRESSES.items()
    }
    told = {"_meta": {"hostvars": given}, "kvm": {"hosts": list(ADDRESSES)}}
    (home / "inventory.json").write_text(json.dumps(told))
    return str(home / "inventory.json")


def test_the_guests_of_a_fleet_move_and_an_audit_of_all_finds_nothing(home: Path) -> None:
    hosts = ("--hosts", "server-01", "--hosts", "server-02")
    changed = bench.fleet(home, str(bench.NOTEBOOK), *hosts, "-p", "forward", "open")
    assert changed.returncode == 0, changed.stdout + changed.stderr
    for host in HOSTS:
        bench.lab("guest", "add", host, "vm-01")
    moved = bench.fleet(home, str(NOTEBOOKS / "guest.ipynb"), "--inventory", inventory(home))
    assert moved.returncode == 0, moved.stdout + moved.stderr
    for address in ADDRESSES.values():
        assert OutageProbe(address.partition("/")[0], rate=10, seconds=2).result().lost == 0
    again = bench.fleet(home, str(NOTEBOOKS / "guest.ipynb"), "--inventory", inventory(home))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "server-01: nothing to do" in again.stdout
    audited = bench.fleet(home, str(NOTEBOOKS / "audit.ipynb"), *hosts)
    assert audited.returncode == 0, audited.stdout + audited.stderr
