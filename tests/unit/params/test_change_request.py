from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import ParameterError
from runbook.params import NOTHING_SAID, REQUEST_NAMES, change_request

DIGEST = "0123456789abcdef" * 4
WINDOW = "2026-12-01T22:00+01:00/2026-12-01T23:30+01:00"
WRONG = [
    ("ticket", "", "1 to 200 characters"),
    ("ticket", "x" * 201, "1 to 200 characters"),
    ("ticket", "CHG-1\nrm -rf /", "one line"),
    ("ticket", "CHG-1\x1b[31m", "one line"),
    ("ticket", "CHG-\u202e1174", "one line"),
    ("ticket", 4.5, "it must be text"),
    ("ticket", True, "it must be text"),
    ("reason", "x" * 1001, "1 to 1000 characters"),
    ("approved", DIGEST[:12], "64 digits"),
    ("approved", DIGEST.upper(), "64 digits"),
    ("window", "tonight", "ISO 8601"),
    ("window", "2026-12-01T22:00/2026-12-01T23:30", "time zone"),
    ("window", "2026-12-01T23:30Z/2026-12-01T22:00Z", "ends before it begins"),
    ("window", f"{WINDOW}/{WINDOW}", "ISO 8601"),
]


@pytest.mark.parametrize(("name", "value", "problem"), WRONG)
def test_what_is_wrong_is_told_with_its_name_and_the_cure(
    name: str, value: object, problem: str
) -> None:
    with pytest.raises(ParameterError, match=problem) as raised:
        change_request({name: value})
    assert raised.value.field == name
    assert raised.value.then


@given(st.sampled_from(REQUEST_NAMES), st.text() | st.integers() | st.floats() | st.binary())
def test_any_value_is_taken_or_refused_by_name(name: str, value: object) -> None:
    told, refused = None, ""
    try:
        told = getattr(change_request({name: value}), name)
    except ParameterError as error:
        refused = error.field
    assert refused == ("" if told else name)
    assert told is None or (told.isprintable() and 0 < len(told) <= 1000)


def test_a_number_is_a_ticket() -> None:
    assert change_request({"ticket": 4711}).ticket == "4711"


def test_a_secret_in_a_reason_is_taken_out() -> None:
    told = change_request({"reason": "new password=hunter2hunter2 for the guest"}).reason
    assert told is not None
    assert "hunter2" not in told


def test_what_is_not_said_is_none_and_other_names_are_not_looked_at() -> None:
    assert change_request({"host": "server-01", "ticket": None}) == NOTHING_SAID


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-12-01T20:59:59+00:00", False),
        ("2026-12-01T21:00:00+00:00", True),
        ("2026-12-01T22:29:59+00:00", True),
        ("2026-12-01T22:30:00+00:00", False),
    ],
)
def test_a_window_is_open_from_its_begin_to_its_end(moment: str, *, is_open: bool) -> None:
    assert change_request({"window": WINDOW}).is_open(datetime.fromisoformat(moment)) == is_open
