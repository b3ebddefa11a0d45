"""Room for the record is judged before anything is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.preflight.looking import look, refusal, told

from runbook.common.room import Room
from runbook.preflight.record import ROOM_BYTES


@pytest.mark.parametrize("free", [0, ROOM_BYTES - 1])
def test_a_disk_without_room_for_the_record_refuses_the_change_by_name(free: int) -> None:
    around = replace(fakes.GOOD, record=Room("/srv/outputs", free))
    found = refusal(around=around)
    assert found.about == "record"
    assert f"{free >> 10} KiB are free in /srv/outputs on this machine" in found.seen
    assert "32 MiB" in found.then


def test_a_folder_that_takes_no_file_refuses_the_change_and_says_why() -> None:
    around = replace(fakes.GOOD, record=Room("/srv/outputs", 0, "Read-only file system"))
    found = refusal(around=around)
    assert found.about == "record"
    assert "/srv/outputs on this machine: Read-only file system" in found.seen


def test_room_enough_is_shown_as_looked_for() -> None:
    around = replace(fakes.GOOD, record=Room("/srv/outputs", ROOM_BYTES))
    assert told(look(around=around), "ok", "record")
