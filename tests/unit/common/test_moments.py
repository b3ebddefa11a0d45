from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from runbook.common.moments import from_iso, offset_here, utc_and_local

MOMENT = datetime(2026, 3, 1, 23, 30, 5, 999999, tzinfo=UTC)


@pytest.fixture
def in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("offset", "shown"),
    [
        ("", "2026-03-01 23:30:05 UTC"),
        ("+00:00", "2026-03-01 23:30:05 UTC"),
        ("+01:00", "2026-03-01 23:30:05 UTC (2026-03-02 00:30:05 +01:00)"),
        ("-03:30", "2026-03-01 23:30:05 UTC (2026-03-01 20:00:05 -03:30)"),
    ],
)
def test_local_time_is_behind_utc_where_it_is_another(offset: str, shown: str) -> None:
    assert utc_and_local(MOMENT, offset) == shown


@pytest.mark.usefixtures("in_india")
def test_what_a_host_wrote_is_read_in_the_time_of_the_operator() -> None:
    assert offset_here(MOMENT) == "+05:30"
    shown = "2026-03-01 23:30:05 UTC (2026-03-02 05:00:05 +05:30)"
    assert from_iso("2026-03-01T23:30:05.123Z") == shown
    assert from_iso("2026-03-02T00:30:05+01:00") == shown


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01T23:30:05", "99999"])
def test_what_is_no_moment_stays_as_it_is(text: str) -> None:
    assert from_iso(text) == text
