"""Looks on while a fleet run is at work: draws its progress, and writes it as a page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from runbook.common import handed_files
from runbook.fleet import page
from runbook.fleet.context import FleetContext
from runbook.fleet.ledger import Ledger
from runbook.fleet.progress import FleetProgress, progress

TICK_S = 2.0


@contextmanager
def watched(ledger: Ledger, desk: FleetContext) -> Iterator[None]:
    """Draw it every two seconds meanwhile, and a last time; an error in that stops no run."""
    over, stages = threading.Event(), Stages(ledger.folder)

    def draw(*, last: bool = False) -> float:
        began = time.thread_time()
        with suppress(Exception):
            state, now = ledger.read(), desk.clock.now()
            found = progress(state, now, stages.of)
            page.write(ledger.folder, state, found, over=last)
            desk.draw(found)
        return time.thread_time() - began

    def tick() -> None:
        wait_s = TICK_S
        while not over.wait(wait_s):
            # A thousand hosts are drawn less often: looking on takes a twentieth of a processor.
            wait_s = max(TICK_S, draw() * 20)

    looking = threading.Thread(target=tick, daemon=True, name="runbook-fleet-watch")
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join(TICK_S)
        draw(last=True)


@dataclass(slots=True)
class Stages:
    """In which cell the notebook of each host is; read again only when the file was written."""

    folder: Path
    _known: dict[str, tuple[int, str]] = field(default_factory=dict)

    def of(self, host: str) -> str:
        """The name of the cell; '' if it is not known."""
        path = self.folder / f"{host}.ipynb"
        try:
            written = path.stat().st_mtime_ns
            if self._known.get(host, (0, ""))[0] != written:
                self._known[host] = written, _cell_at_work(handed_files.text(path))
        except (OSError, ValueError):
            return ""
        return self._known[host][1]


def _cell_at_work(notebook: str) -> str:
    """The last cell that papermill has begun, by its status: times of cells are never written."""
    try:
        cells = handed_files.json_object(notebook)["cells"]
        told = [(c["id"], c.get("metadata", {}).get("papermill", {})) for c in cells]
        begun = [str(name) for name, of in told if of.get("status", "pending") != "pending"]
    except (KeyError, TypeError, AttributeError):
        return ""
    return begun[-1] if begun else ""


def stage_of_nobody(_host: str) -> str:
    """For a run that is not at work."""
    return ""


def look(ledger: Ledger, desk: FleetContext) -> FleetProgress:
    """The progress now."""
    return progress(ledger.read(), desk.clock.now(), stage_of_nobody)
