"""undo.ipynb, while the notebook that made the change lives on and holds a guest's console."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from tests import bench
from tests.lab import guesting, returning, serial_line
from tests.lab.guesting import HOST

from runbook.common.errors import ConsoleTaken
from runbook.lab import lab as labs
from runbook.lab.names import GUEST_PASSWORD
from runbook.run import record
from runbook.transport.guest.login import VARIABLE

# A change of a guest by its console, and its undo, on a host that was just put on its bridge.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
GUEST = "vm-01"
NOTEBOOK = bench.ROOT / "notebooks" / "guest.ipynb"
LAST = 'nb.apply(cut_over, "settle")'
CELL_S = 240
# From the undo on the host until the other notebook has compared its guest and written its record.
PATIENCE_S = 60


@pytest.fixture
def home(lab: labs.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The records of one operator, whose host has a guest with nothing but a serial console."""
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    guesting.added("quick", GUEST)
    monkeypatch.setenv(VARIABLE, GUEST_PASSWORD)
    made = bench.make_home(tmp_path)
    monkeypatch.setenv("RUNBOOK_HOME", str(made))
    yield made
    labs.renew(HOST)


@contextmanager
def living(cells: Sequence[str]) -> Iterator[None]:
    """A person's kernel that has run these cells, and runs none now."""
    manager = KernelManager(kernel_name="runbook")
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        for cell in cells:
            ran(client, cell)
        yield
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def ran(client: BlockingKernelClient, cell: str) -> None:
    """One cell; to its question the person types the guest's name."""
    reply = client.execute_interactive(
        cell,
        timeout=CELL_S,
        allow_stdin=True,
        stdin_hook=lambda _question: client.input(GUEST),
        output_hook=lambda _output: None,
    )
    assert reply["content"]["status"] == "ok", (cell, reply["content"])


def up_to_settle() -> list[str]:
    """The cells of guest.ipynb with their parameters, up to where only verify and confirm lack."""
    told = json.loads(NOTEBOOK.read_text())["cells"]
    parameters, *others = ["".join(c["source"]) for c in told if c["cell_type"] == "code"]
    given = {"host": HOST, "guest": GUEST, "address": guesting.address(GUEST)}
    filled = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    last = next(at for at, cell in enumerate(others) if LAST in cell)
    return [f"{parameters}\n{filled}", *others[: last + 1]]


def once_ended(run: Path) -> record.RunRecord:
    """The record of this run, once it has its outcome."""
    end = time.monotonic() + PATIENCE_S
    while not (run / record.OUTCOME).exists() and time.monotonic() < end:
        time.sleep(1)
    return record.read(run)


def test_an_undo_waits_for_the_console_that_a_notebook_of_ones_own_holds_and_compares_the_guest(
    home: Path,
) -> None:
    was = guesting.inside(GUEST)
    with living(up_to_settle()):
        guesting.is_there(GUEST)
        (run,) = home.glob(f"outputs/{HOST}/*")
        # The notebook holds the console, or this shows nothing.
        with pytest.raises(ConsoleTaken):
            guesting.inside(GUEST)
        asked = ("-p", "host", HOST, "-p", "action", "undo")
        done = bench.papermill(home, *asked, notebook=bench.UNDO)
        assert done.status == 0, done.said
        assert done.outcome["outcome"] == "undone: as before"
        for said in (
            "go to the console",
            "not compared",
            "may hold it",
            "not left as it was found",
        ):
            assert said not in done.page
        # The other one sees it without a cell being run, and says the same.
        other = once_ended(run)
        assert other.told == "as before (rolled back)"
        assert other.outcome["said"] == "undone, because: an operator's program undid it"
    assert not returning.is_armed()
    # Whoever was inside has logged out: the console is nobody's root shell.
    answered, shown = serial_line.talk(HOST, GUEST, ("\r", f"{GUEST} login: "))
    assert answered, shown
    assert guesting.inside(GUEST) == was
