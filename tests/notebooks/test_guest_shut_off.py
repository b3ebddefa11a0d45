"""A guest that is shut off: its definition moves, its inside does not, and the operator is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench, stages
from tests.bench import HOST
from tests.lab import guesting
from tests.lab.guesting import console
from tests.run_folder import run_folder

from runbook.lab import machine, shell
from runbook.lab.probe import OutageProbe
from runbook.run import pipeline

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(600)]
GUEST = bench.ROOT / "notebooks" / "guest.ipynb"
WANTED = ("-p", "host", HOST, "-p", "guest", "vm-01", "-p", "address", "172.16.1.10/16")
OLD = "192.168.122.50"


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A host on the LAN, with a guest that is not, and is off."""
    bench.fresh()
    guesting.on_the_lan()
    guesting.added("quick", "vm-01")
    console("virsh", "shutdown", "--mode", "acpi", "vm-01")
    shell.wait_for("its end", lambda: "shut off" in console("virsh", "domstate", "vm-01"), 60)
    yield HOST
    bench.fresh()


def answers(ip: str) -> bool:
    return "1 received" in machine.run(HOST, ("ping", "-c1", "-W1", ip)).stdout.decode()


def test_an_undo_puts_the_definition_back_to_the_byte(host: str) -> None:
    assert host
    was = console("virsh", "dumpxml", "--inactive", "vm-01")
    with guesting.session("vm-01") as made:
        change = guesting.armed(made)
        change.make("settle")
        assert "<source network='routed'/>" in console("virsh", "dumpxml", "vm-01")
        assert pipeline.roll_back(made, change.underway, "because").as_before
    assert guesting.as_before(change.before) == ""
    assert console("virsh", "dumpxml", "--inactive", "vm-01") == was
    console("virsh", "start", "vm-01")
    shell.wait_for(OLD, lambda: answers(OLD), 60)
    console("virsh", "destroy", "vm-01")


def test_its_definition_moves_and_a_later_start_is_as_was_said(host: str, home: Path) -> None:
    assert host
    done = bench.papermill(home, *WANTED, name="off.ipynb", notebook=GUEST)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    assert "vm-01 as defined, for it is shut off" in str(done.outcome)
    assert "it is shut off: only its definition is changed" in done.page
    folder = run_folder(done)
    said = (folder / "preflight.json").read_text()
    assert "it starts on the LAN with the addresses that it had" in said
    # The text beside the page cuts long cells short; the page does not.
    assert "it is shut off: nothing inside is changed" in done.out.read_text()
    assert "as defined, for it is shut off" in (folder / "undo").read_text()

    console("virsh", "start", "vm-01")
    # It has its old address there, and nobody beside it.
    shell.wait_for("its start", lambda: guesting.inside("vm-01")[0] == (f"{OLD}/24",), 60)
    assert not answers(OLD)
    with guesting.session("vm-01") as made:
        before = pipeline.read(made)
        drawn = stages.draft(made, before)
        assert not drawn.plan.empty

    again = bench.papermill(home, *WANTED, name="on.ipynb", notebook=GUEST)
    assert again.status == 0, again.said
    assert OutageProbe("172.16.1.10", rate=50, seconds=1).result().lost == 0
