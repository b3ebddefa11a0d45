"""The picture of a fleet run in the cell that is at work: batches, hosts, and its last lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from runbook.fleet.page import caption, shown
from runbook.fleet.progress import FleetProgress
from runbook.fleet.run import FleetRun
from runbook.views import Picture, Slot
from runbook.views.page.picture import plain, safe

# So many lines stand below the picture; the log of the run is its ledger.
LINES = 6


@dataclass(slots=True)
class Live:
    """One output that is drawn again as the run goes on."""

    slot: Slot = field(default_factory=Slot)
    lines: list[str] = field(default_factory=list)

    def over(self, run: FleetRun) -> FleetRun:
        """The run, which draws itself here from now on."""

        def draw(found: FleetProgress) -> None:
            head = caption(run.ledger.read(), found, over=False)
            picture = shown(found, run.ledger.folder, Path.cwd(), head)
            self.slot.draw(picture, said(self.lines[-LINES:]))

        return replace(run, desk=replace(run.desk, tell=self.lines.append, draw=draw))


def said(lines: list[str]) -> Picture:
    """The last lines of a run, the newest at the end."""
    text = "\n".join(plain(line) for line in lines)
    return Picture(f'<p class="rb-more rb-mono">{"<br>".join(map(safe, lines))}</p>', text)
