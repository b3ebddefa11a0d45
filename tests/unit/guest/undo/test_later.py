"""A guest's own countdown moved: the old moment passes, and one countdown always runs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.unit.guest.undo.conftest import CLOCK, GuestFiles
from tests.unit.insides import LocalChannel

from runbook.common.errors import GateClosed, ReadFailed, StepFailed
from runbook.guest import undo as changes
from runbook.guest.undo import InsideState, detached
from runbook.guest.undo.later import Ticking

CHANGE = "change-1"


def sleepers(place: GuestFiles, count: int) -> set[int]:
    """Each countdown of the change that runs here, once what was told to end has had its time."""
    end = time.monotonic() + 5
    while len(found := running(place)) != count and time.monotonic() < end:
        time.sleep(0.05)
    return found


def running(place: GuestFiles) -> set[int]:
    """The same, now."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "timer.pid" in words and f"\0{place.root}/lib/{CHANGE}\0" in words:
            found.add(int(path.parent.name))
    return found


def told(place: GuestFiles) -> Ticking:
    found = changes.ticking(place.channel, CHANGE)
    assert found is not None
    return found


def test_the_old_moment_passes_and_the_new_one_undoes_it(place: GuestFiles) -> None:
    changes.apply(place.channel, place.arm(seconds=307, passed=300), clock=CLOCK)
    (first,) = sleepers(place, 1)
    old = told(place)
    assert 4 <= old.moment - old.now <= 7
    changes.move(place.channel, CHANGE, old.moment + 5)
    assert told(place).moment == old.moment + 5
    (second,) = sleepers(place, 1)
    assert second != first
    while changes.uptime(place.channel) <= old.moment + 1:
        time.sleep(0.2)
    assert place.state() is InsideState.APPLIED
    found = detached.wait(place.channel, CHANGE, lambda f: f.state is InsideState.UNDONE, CLOCK, 15)
    assert found.state is InsideState.UNDONE
    assert changes.uptime(place.channel) >= old.moment + 5
    assert "the undo was moved" in found.journal
    assert place.is_as_before()


def test_moved_again_and_again_one_countdown_is_left_and_a_confirmation_ends_it(
    place: GuestFiles,
) -> None:
    armed = place.arm()
    for _ in range(3):
        changes.move(place.channel, CHANGE, told(place).moment + 300)
    # As where an answer was lost, and the same is asked for once more.
    changes.move(place.channel, CHANGE, told(place).moment)
    assert len(sleepers(place, 1)) == 1
    changes.confirm(place.channel, armed)
    assert sleepers(place, 0) == set()
    assert changes.ticking(place.channel, CHANGE) is None


def test_where_no_new_countdown_begins_the_old_one_goes_on(place: GuestFiles) -> None:
    place.arm()
    old = told(place)
    (first,) = sleepers(place, 1)
    place.channel.given["setsid"] = "no-such-program"
    with pytest.raises(StepFailed, match="could not move its undo: no new countdown began"):
        changes.move(place.channel, CHANGE, old.moment + 300)
    assert sleepers(place, 1) == {first}
    assert told(place).moment == old.moment


def test_a_countdown_of_another_change_is_left_alone(place: GuestFiles) -> None:
    place.arm()
    theirs = place.root / f"lib/{CHANGE}0"
    theirs.mkdir()
    command = 'echo $$ >"$1/timer.pid"; sleep "$2"; :'
    words = ("/bin/sh", "-c", command, "sh", str(theirs), "300")
    with subprocess.Popen(words, start_new_session=True) as other:
        try:
            changes.move(place.channel, CHANGE, told(place).moment + 300)
            assert other.poll() is None
        finally:
            os.killpg(other.pid, signal.SIGTERM)


def test_once_the_undo_has_begun_or_is_about_to_nothing_is_moved(place: GuestFiles) -> None:
    armed = place.arm()
    moment = told(place).moment
    with pytest.raises(GateClosed, match="has begun, or comes within 5 s"):
        changes.move(place.channel, CHANGE, changes.uptime(place.channel) + 2)
    assert told(place).moment == moment
    changes.undo(place.channel, armed, clock=CLOCK)
    with pytest.raises(GateClosed):
        changes.ticking(place.channel, CHANGE)
    with pytest.raises(GateClosed):
        changes.move(place.channel, CHANGE, moment + 300)
    assert sleepers(place, 0) == set()


def test_a_guest_with_nothing_of_the_change_has_no_countdown(place: GuestFiles) -> None:
    with pytest.raises(StepFailed, match="nothing of this change is armed"):
        changes.ticking(place.channel, CHANGE)
    with pytest.raises(StepFailed):
        changes.move(place.channel, CHANGE, changes.uptime(place.channel) + 300)


def test_one_that_does_not_tell_is_an_error(place: GuestFiles) -> None:
    place.arm()
    (place.root / "lib" / CHANGE / "moment").unlink()
    with pytest.raises(ReadFailed, match="does not tell when"):
        changes.ticking(place.channel, CHANGE)
    with pytest.raises(ReadFailed):
        changes.ticking(LocalChannel(given={"/proc/uptime": "/dev/null"}), CHANGE)
