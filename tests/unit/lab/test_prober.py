from __future__ import annotations

from runbook.lab import prober


def test_an_answer_that_came_too_late_is_none_and_its_time_is_told() -> None:
    told = prober.judged([0.0, 1.0, 2.0], {0: 0.01, 1: 3.5, 2: 2.01})
    assert (told["sent"], told["lost"], told["longest_rtt_ms"]) == (3, 1, 2500.0)
    assert told["longest_gap_ms"] == 2000.0


def test_one_that_was_only_late_is_not_lost() -> None:
    told = prober.judged([0.0, 1.0, 2.0], {0: 1.99, 1: 2.5, 2: 2.01})
    assert (told["lost"], told["longest_rtt_ms"], told["longest_gap_ms"]) == (0, 1990.0, 0)
