"""papermill is stopped while a change is armed: it is undone, and the notebook says what is so."""

from __future__ import annotations

import html
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tests.bench import BIN, HEARING, ROOT
from tests.faults.scene import HOOK

from runbook.notebook.jupyter import papermill_ending

ARMED = {
    "state": "armed",
    "host": "server-01",
    "change_id": "20260301T120000Z-abc123",
    "operator": "root@desk",
    "folder": "/nonexistent",
    "deadline": "2026-03-01T12:05:00+00:00",
    "way": {},
}
# What the cells of routed.ipynb do, with an undo that writes a file.
ARM = f"""
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

from IPython.display import display
from runbook.notebook.shared.stages import RunProgress
from runbook.run.record import CHANGE_MIME

here = Path("FOLDER")
armed = {ARMED!r}


def undo(why):
    (here / "undone").write_text(why)
    raise RuntimeError("undone, because: " + why)


asked = SimpleNamespace(course=RunProgress(stop=undo))
display({{"text/plain": "armed", CHANGE_MIME: armed}}, raw=True)
"""
WORK = "(here / 'kernel').write_text(str(__import__('os').getpid())); time.sleep({seconds})"
STAY = (
    "display({'text/plain': 'stays', CHANGE_MIME: armed | {'state': 'confirmed'}}, raw=True)\n"
    "(here / 'confirmed').touch()"
)
WAIT_S = 120.0


@dataclass
class Papermill:
    """papermill at work on such a notebook."""

    folder: Path
    seconds: float = 120.0
    work: str = WORK
    environment: Mapping[str, str] | None = None
    sources: Sequence[str] = ()
    started: subprocess.Popen[str] | None = None

    @property
    def out(self) -> Path:
        return self.folder / "out" / "out.ipynb"

    def start(self) -> subprocess.Popen[str]:
        sources = self.sources or [
            ARM.replace("FOLDER", str(self.folder)),
            self.work.format(seconds=self.seconds),
            STAY,
            "'the last one'",
        ]
        blank: dict[str, Any] = {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        cells = [{**blank, "id": f"c{n}", "source": text} for n, text in enumerate(sources)]
        kernel = {"kernelspec": {"name": "runbook", "display_name": "runbook"}}
        book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        path = self.folder / "in.ipynb"
        path.write_text(json.dumps(book))
        self.out.parent.mkdir()
        self.started = subprocess.Popen(
            [*HEARING, str(BIN / "papermill"), str(path), str(self.out), "--no-progress-bar"],
            env={**os.environ, "RUNBOOK_HOME": str(self.folder), **(self.environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.started

    def wait_for(self, name: str) -> str:
        end = time.monotonic() + WAIT_S
        while not (self.folder / name).exists() and time.monotonic() < end:
            time.sleep(0.05)
        return (self.folder / name).read_text()

    def end(self) -> tuple[int, str]:
        assert self.started is not None
        said, _ = self.started.communicate(timeout=WAIT_S)
        return self.started.returncode, said

    @property
    def cells(self) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = json.loads(self.out.read_text())["cells"]
        # papermill adds cells of text that lead to an error.
        return [cell for cell in cells if cell["cell_type"] == "code"]

    @property
    def first_page(self) -> str:
        first = json.loads(self.out.read_text())["cells"][0]
        return html.unescape("".join(first["source"])) if first["cell_type"] == "markdown" else ""

    @property
    def errors(self) -> str:
        outputs = [output for cell in self.cells for output in cell["outputs"]]
        return "\n".join(line for o in outputs for line in o.get("traceback", ()))

    @property
    def states(self) -> dict[str, str]:
        return {cell["id"]: cell["metadata"]["papermill"]["status"] for cell in self.cells}


@pytest.fixture
def papermill(tmp_path: Path) -> Iterator[Papermill]:
    made = Papermill(tmp_path)
    yield made
    if made.started and made.started.poll() is None:
        made.started.kill()
        made.started.communicate()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_a_cell_is_at_work_undoes_the_change_and_the_notebook_says_so(
    papermill: Papermill, name: str
) -> None:
    started = papermill.start()
    papermill.wait_for("kernel")
    started.send_signal(signal.Signals[name])
    status, said = papermill.end()
    assert status == 1, said
    assert papermill.wait_for("undone") == f"papermill got {name}"
    assert not (papermill.folder / "confirmed").exists()
    assert f"undone, because: papermill got {name}" in papermill.errors
    assert (papermill.states["c0"], papermill.states["c1"]) == ("completed", "failed")
    assert papermill.states["c2"] == papermill.states["c3"] == "pending"


def test_a_signal_between_two_cells_undoes_the_change_and_begins_no_other(
    papermill: Papermill,
) -> None:
    path = f"{HOOK}:{ROOT}"
    papermill.environment = {
        "RUNBOOK_FAULT_SIGNAL": "SIGTERM (here / 'kernel')",
        "PYTHONPATH": path,
    }
    papermill.seconds = 0.0
    papermill.start()
    status, said = papermill.end()
    assert status == 1, said
    assert papermill.wait_for("undone") == "papermill got SIGTERM"
    assert not (papermill.folder / "confirmed").exists()
    assert papermill.states["c1"] == "completed"
    assert papermill.states["c2"] == papermill.states["c3"] == "pending"


def test_a_confirmed_change_is_finished_and_not_undone(papermill: Papermill) -> None:
    papermill.environment = {
        "RUNBOOK_FAULT_SIGNAL": "SIGTERM (here / 'confirmed')",
        "PYTHONPATH": f"{HOOK}:{ROOT}",
    }
    papermill.seconds = 0.0
    papermill.start()
    status, said = papermill.end()
    assert status == 0, said
    assert not (papermill.folder / "undone").exists()
    assert papermill.states["c3"] == "completed"


def test_after_a_kernel_died_the_notebook_says_that_the_host_may_be_armed_and_what_ends_it(
    papermill: Papermill,
) -> None:
    papermill.start()
    os.kill(int(papermill.wait_for("kernel")), signal.SIGKILL)
    status, _ = papermill.end()
    assert status != 0
    assert "may still be armed on server-01" in papermill.errors
    assert "2026-03-01 12:05:00 UTC" in papermill.errors
    assert "`runbook undo server-01`" in papermill.errors
    head, *rest = papermill.first_page.splitlines()
    assert head.endswith(
        "The run died with the change armed until 2026-03-01 12:05:00 UTC: unless"
        " confirmed, the host undoes it by itself"
    )
    assert "code cell 2 of" in "".join(rest)
    assert "`runbook status server-01`" in "".join(rest)
    assert papermill.states["c1"] == "failed"
    assert papermill.states["c2"] == papermill.states["c3"] == "pending"


def test_two_signals_in_one_second_are_one_and_the_change_is_undone(papermill: Papermill) -> None:
    # The undo is left to the cell that papermill adds: the second signal comes before it.
    papermill.work = (
        "(here / 'kernel').write_text(str(__import__('os').getpid()))\n"
        "try:\n    time.sleep({seconds})\nexcept KeyboardInterrupt:\n    time.sleep(2)\n    raise"
    )
    started = papermill.start()
    papermill.wait_for("kernel")
    for _ in range(2):
        started.send_signal(signal.SIGINT)
        time.sleep(0.2)
    status, said = papermill.end()
    assert status == 1, said
    assert papermill.wait_for("undone") == "papermill got SIGINT"
    assert "undone, because: papermill got SIGINT" in papermill.errors


def test_a_second_signal_ends_papermill_and_the_notebook_says_that_the_host_may_be_armed(
    papermill: Papermill,
) -> None:
    papermill.work = (
        "(here / 'kernel').write_text(str(__import__('os').getpid()))\n"
        "try:\n    time.sleep({seconds})\nexcept KeyboardInterrupt:\n    time.sleep({seconds})"
    )
    started = papermill.start()
    papermill.wait_for("kernel")
    started.send_signal(signal.SIGINT)
    time.sleep(papermill_ending.ONE_S + 0.5)
    began = time.monotonic()
    started.send_signal(signal.SIGINT)
    status, _ = papermill.end()
    assert status != 0
    assert time.monotonic() - began < 30
    assert "may still be armed on server-01" in papermill.errors


def test_a_notebook_that_cannot_be_written_stops_no_armed_change(papermill: Papermill) -> None:
    papermill.work = "shutil.rmtree(here / 'out')"
    papermill.start()
    status, said = papermill.end()
    assert status != 0
    assert "The notebook cannot be written" in said
    assert (papermill.folder / "confirmed").exists()
    assert not (papermill.folder / "undone").exists()


def test_cells_that_end_without_a_confirmation_leave_no_host_armed(papermill: Papermill) -> None:
    papermill.work = "1 / 0"
    papermill.start()
    status, _ = papermill.end()
    assert status == 1
    assert "none had confirmed" in papermill.wait_for("undone")


# As a real run does it: each cell draws the first page anew, and whoever undoes says so.
DRAWN = """
def card(state, tone, head):
    shown = {"state": state, "tone": tone, "head": head, "pairs": [["host", "server-01"]]}
    display({"text/plain": head, CARD_MIME: shown}, raw=True)


def undo(why):
    ending = "as before (rolled back)" if begun else "refused"
    display({"text/plain": ending, MIME: result(ending, 1)}, raw=True)
    card("ended", "warn", ending)
    raise RuntimeError("undone, because: " + why)


def result(outcome, status):
    named = {name: armed[name] for name in ("host", "change_id", "folder")}
    return {"outcome": outcome, "exit": status, "said": why_not, **named}


begun = []
why_not = "as the test wants it"
asked = SimpleNamespace(course=RunProgress(stop=undo))
"""
BEGIN = (
    ARM.partition("asked = ")[0].replace(
        "import CHANGE_MIME", "import CARD_MIME, CHANGE_MIME, MIME"
    )
    + DRAWN
    + 'card("in progress", "note", "in progress: preflight")\n'
)
ARMS = (
    "begun.append('arming')\n"
    "display({'text/plain': 'armed', CHANGE_MIME: armed}, raw=True)\n"
    "card('armed', 'warn', 'armed until 2026-03-01 12:05:00 UTC: the host undoes it by itself')\n"
)
CONFIRMS = STAY + "\ncard('confirmed', 'good', 'confirmed: the change stays')\n"
ENDS = (
    "card('ended', 'good', 'as promised')\n"
    "display({'text/plain': 'end', MIME: result('as promised', 0)}, raw=True)"
)
NOTHING, DIED = "ended without a result: nothing was changed", "the run died with the change armed"
STAYS, UNDONE = "the run died after the change was confirmed", "as before (rolled back)"
PREFLIGHT, ARMED_UNTIL = "in progress: preflight", "armed until"
# By the cell that is hit and by the blow, what the first page may begin with; '' is no first page.
TRUTH = {
    ("before", "kill papermill"): ("", PREFLIGHT),
    ("armed", "kill papermill"): (PREFLIGHT, ARMED_UNTIL),
    ("confirmed", "kill papermill"): (ARMED_UNTIL, "confirmed"),
    ("before", "kill kernel"): (NOTHING,),
    ("armed", "kill kernel"): (DIED,),
    ("confirmed", "kill kernel"): (STAYS,),
    ("before", "SIGTERM"): ("refused",),
    ("armed", "SIGTERM"): (UNDONE,),
    ("confirmed", "SIGTERM"): ("as promised", STAYS),
    ("before", "SIGINT"): ("refused",),
    ("armed", "SIGINT"): (UNDONE,),
    ("confirmed", "SIGINT"): ("as promised", STAYS),
}


@pytest.mark.parametrize(("at", "blow"), TRUTH)
def test_after_every_blow_at_every_cell_the_notebook_is_valid_and_its_first_page_is_true(
    papermill: Papermill, at: str, blow: str
) -> None:
    begin = BEGIN.replace("FOLDER", str(papermill.folder))
    cells = {"before": begin, "armed": ARMS, "confirmed": CONFIRMS, "end": ENDS}
    work = WORK.format(seconds=2 if at == "confirmed" and blow.startswith("SIG") else 120)
    papermill.sources = [f"{text}\n{work * (name == at)}" for name, text in cells.items()]
    started = papermill.start()
    kernel = int(papermill.wait_for("kernel"))
    if blow.startswith("SIG"):
        started.send_signal(signal.Signals[blow])
    else:
        os.kill(kernel if blow == "kill kernel" else started.pid, signal.SIGKILL)
    papermill.end()
    nbformat.validate(json.loads(papermill.out.read_text()))
    head = papermill.first_page.partition("\n")[0].removeprefix("## ")[2:].lower()
    assert any(head.startswith(words) if words else not head for words in TRUTH[at, blow]), head
