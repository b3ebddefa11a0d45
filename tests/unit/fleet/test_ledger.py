"""The ledger: what a crash, a second program or a stranger's hand makes of it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import CorrectParameters
from runbook.fleet.ends import FleetEnd
from runbook.fleet.ledger import LEDGER, FleetPlan, HostEnd, Ledger

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = FleetPlan(
    notebook="/n/routed.ipynb",
    sha256="0" * 64,
    options=("-p", "stp", "no"),
    batches=(("a",), ("b", "c")),
    max_failures=0,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path)
    made.begin(NOON, PLAN)
    return made


def test_a_second_program_is_kept_out(ledger: Ledger) -> None:
    refused: list[str] = []

    def second() -> None:
        with (
            pytest.raises(CorrectParameters, match="another program is at work") as error,
            ledger.alone(),
        ):
            pass
        refused.append(str(error.value))

    with ledger.alone():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(10)
    assert refused


@given(st.binary(max_size=60))
def test_any_bytes_are_a_ledger_or_our_own_error(
    tmp_path_factory: pytest.TempPathFactory, text: bytes
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    (folder / LEDGER).write_bytes(text)
    with pytest.raises(CorrectParameters, match="cannot be read"):
        Ledger(folder).read()


def test_a_line_that_a_crash_cut_off_says_nothing(ledger: Ledger) -> None:
    ledger.host_begins(NOON, "a")
    whole = ledger.path.read_bytes()
    ledger.host_ended(NOON, HostEnd(host="a", end=FleetEnd.AS_PROMISED))
    for cut in range(len(whole), ledger.path.stat().st_size):
        ledger.path.write_bytes(ledger.path.read_bytes()[:cut] if cut == len(whole) else whole)
        assert ledger.read().open == ("a",)


def test_a_host_that_begins_again_has_no_end(ledger: Ledger) -> None:
    ledger.host_begins(NOON, "a")
    ledger.host_ended(NOON, HostEnd(host="a", end=FleetEnd.AS_BEFORE, said="a step failed"))
    assert [end.host for end in ledger.read().failures] == ["a"]
    ledger.host_begins(NOON, "a")
    assert ledger.read().failures == ()
    assert ledger.read().open == ("a",)


def test_it_says_what_it_was_told(ledger: Ledger) -> None:
    end = HostEnd(host="b", end=FleetEnd.AS_PROMISED, said="ü", folder="/o/b/x", seconds=1.5)
    ledger.host_begins(NOON, "b")
    ledger.note(NOON, "a word")
    ledger.host_ended(NOON, end)
    state = ledger.read()
    assert state.plan == PLAN
    assert state.ended == {"b": end}
    assert state.begun == {"b": NOON}
