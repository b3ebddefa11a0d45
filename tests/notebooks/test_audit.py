"""An audit of a host with a guest: the change of the host has no record here, the guest's has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import bench
from tests.bench import HOST
from tests.lab import guesting, returning

from runbook.lab import shell

GUEST = bench.ROOT / "notebooks" / "guest.ipynb"
WANTED = ("-p", "guest", "vm-01", "-p", "address", "172.16.1.10/16", "-p", "gateway", "172.16.0.1")


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A host on the LAN, changed from another machine, with a guest that is not on the LAN."""
    bench.fresh()
    guesting.on_the_lan()
    guesting.added("quick", "vm-01")
    yield HOST
    bench.fresh()


def audit() -> tuple[int, dict[str, Any]]:
    done = returning.verb("audit", HOST, "--json")
    (told,) = (line for line in done.said.splitlines() if line.startswith("{"))
    return done.status, json.loads(told)


@pytest.mark.thorough
def test_a_guest_on_record_that_is_off_is_found_and_one_that_is_back_is_not(
    host: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    monkeypatch.setenv("RUNBOOK_GUEST_PASSWORD_VM_01", "lab")
    # Only the host has the plan: its promise is checked, and no state is compared.
    status, told = audit()
    assert (status, told["differences"]) == (0, []), told
    assert "has no record here" in told["notes"][0]
    done = bench.papermill(home, "-p", "host", host, *WANTED, notebook=GUEST)
    assert done.status == 0, done.said
    status, told = audit()
    assert (status, told["differences"]) == (0, []), told
    assert "it is not judged what the next boot would do" in told["notes"][0]
    guesting.console("virsh", "destroy", "vm-01")
    status, told = audit()
    assert status == 5
    assert {one["severity"] for one in told["differences"]} == {"off_the_lan"}
    assert all("Guest vm-01" in one["meaning"] for one in told["differences"])
    guesting.console("virsh", "start", "vm-01")
    # The port listens and learns first.
    shell.wait_for("the guest's port", lambda: audit()[0] == 0, 60, pause=5)
    # The change of the host was made elsewhere: it has no record here.
    verified = returning.verb("records", "verify", "--hosts", "--host", host)
    assert verified.status == 3, verified.said
    assert verified.said.count("no record: a change was armed on the host") == 1
