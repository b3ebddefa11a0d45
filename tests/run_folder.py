"""Where the record of a run is, as its executed notebook tells it."""

from __future__ import annotations

from pathlib import Path

from tests.bench import Done

from runbook.records.told_outcome import outcome_of


def run_folder(done: Done) -> Path:
    """The run folder; raises IndexError if the notebook has no outcome."""
    outputs = [o for cell in done.notebook["cells"] for o in cell.get("outputs", ())]
    told = [outcome for output in outputs if (outcome := outcome_of(output))]
    return Path(str(told[-1]["folder"]))
