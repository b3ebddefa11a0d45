"""How long the host did not answer while it was changed, computed from `pulse.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from runbook.records.predicate import Absence


def measured(pulse: str) -> Absence | None:
    """From the text of `pulse.json`; None if the host was never asked. Raises ValueError."""
    rows = json.loads(pulse)
    if not isinstance(rows, list):
        raise ValueError("it holds no list")  # noqa: TRY004 - a damaged text, not a wrong call
    answers = [row for row in rows if isinstance(row, dict) and "rtt_ms" in row]
    if not answers:
        return None
    trips = [float(row["rtt_ms"]) for row in answers if row["rtt_ms"] is not None]
    return Absence(
        asked=len(answers),
        lost=len(answers) - len(trips),
        longest_answer_ms=max(trips, default=None),
        longest_silence_s=_silence(answers),
    )


def _silence(answers: Iterable[dict[str, Any]]) -> float | None:
    came = (
        float(row["at_s"]) + float(row["rtt_ms"]) / 1000
        for row in answers
        if row["rtt_ms"] is not None
    )
    return max((later - earlier for earlier, later in pairwise(came)), default=None)
