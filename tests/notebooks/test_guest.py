"""`papermill notebooks/guest.ipynb` against a booted host with a guest: what it does and says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench
from tests.bench import HOST, Done, thorough
from tests.lab import guesting
from tests.run_folder import run_folder

from runbook.state.diff import compare

GUEST = bench.ROOT / "notebooks" / "guest.ipynb"
WANTED = ("-p", "guest", "vm-01", "-p", "address", "172.16.1.10/16", "-p", "gateway", "172.16.0.1")


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A host on the LAN, with a guest that is not."""
    bench.fresh()
    guesting.on_the_lan()
    guesting.added("quick", "vm-01")
    yield HOST
    bench.fresh()


def run(home: Path, *options: str, name: str = "guest.ipynb") -> Done:
    return bench.papermill(home, "-p", "host", HOST, *options, name=name, notebook=GUEST)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_GUEST_PASSWORD_VM_01", "lab")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no guest is named"),
        thorough(("-p", "guest", "vm-01"), "is given for guest"),
        (("-p", "adress", "172.16.1.10/16"), "address"),
        thorough(("-p", "address", "172.16.1.10/16"), "no guest is named"),
        thorough((*WANTED[:3], "-p", "address", "172.16.1.10"), "prefix length"),
    ],
)
def test_a_wrong_parameter_fails_before_any_contact(
    host: str, home: Path, options: tuple[str, ...], said: str
) -> None:
    assert host
    done = run(home, *options)
    assert done.status != 0
    assert "parameter '" in done.said.lower()
    assert said in done.said
    assert not (home / "outputs").exists()


@pytest.mark.thorough
def test_a_guest_whose_gateway_is_the_host_is_refused_with_the_reason(
    host: str, home: Path
) -> None:
    assert host
    done = run(home, *WANTED[:6], "-p", "gateway", "172.16.1.1")
    assert done.status != 0
    assert done.outcome["outcome"] == "refused"
    assert "its gateway 172.16.1.1 is the host itself" in done.page


@pytest.mark.thorough
def test_it_plans_then_moves_the_guest_and_then_has_nothing_to_do(host: str, home: Path) -> None:
    assert host
    before = bench.snapshot()
    planned = run(home, *WANTED, "-p", "mode", "plan")
    assert planned.status == 0, planned.said
    assert planned.outcome["outcome"] == "planned only"
    assert str(compare(before, bench.snapshot())) == ""

    done = run(home, *WANTED, name="moved.ipynb")
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    assert "serial console" in done.page
    assert guesting.neighbour("vm-01") == guesting.mac("vm-01")
    folder = run_folder(done)
    kept = {path.name for path in folder.iterdir()}
    assert kept >= {
        *("before.json", "after.json", "diff.json", "plan.json", "preflight.json", "undo"),
        *("verdict.json", "guests.json", "inside.json", "console-vm-01.txt", "outcome.json"),
        "original-vm-01-1_etc_network_interfaces",
    }
    assert "192.168.122.50" in (folder / "original-vm-01-1_etc_network_interfaces").read_text()
    # The login is in it, its password is not.
    assert "login: »root" in (folder / "console-vm-01.txt").read_text()
    assert json.loads((folder / "approval.json").read_text())["how"].startswith("mode=apply")

    again = run(home, *WANTED, name="again.ipynb")
    assert again.status == 0, again.said
    assert again.outcome["outcome"] == "nothing to do"
