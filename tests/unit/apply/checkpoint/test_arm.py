from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import Armed, layout
from runbook.apply.checkpoint.arm import arm, stand_down
from runbook.apply.checkpoint.armed_change import InProgress, find
from runbook.apply.checkpoint.layout import Layout
from runbook.common.errors import ChangeInProgress, ConnectionLost, StepFailed
from runbook.state import snapshot as snapshots
from runbook.transport.host import Completed

PLACE = Layout(fakes.CHANGE)
OTHER = "20260301T115959Z-ffffff"
LOST = ConnectionLost("gone", state="unknown", then="look")


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


def armed(host: fakes.FakeHost) -> Armed:
    return arm(fakes.cleared(), fakes.PROBED, host, fakes.ORDER)


def at(host: fakes.FakeHost, start: str) -> int:
    """When it was first written."""
    return next(n for n, event in enumerate(host.events) if event.startswith(start))


def test_the_lock_comes_after_a_complete_directory_a_running_timer_and_the_boot_units(
    host: fakes.FakeHost,
) -> None:
    armed(host)
    lock = at(host, f"link {layout.ARMED}")
    for name in ("undo", "manifest.json", "plan.json", "before.json", "probes.json", "journal"):
        assert at(host, f"write {PLACE.directory}/{name}") < at(host, "run systemd-run")
    assert at(host, "run cp --preserve=all") < at(host, "run systemd-run")
    assert at(host, "run systemd-run") < lock
    assert at(host, f"link {layout.wants_path(layout.EARLY)}") < lock
    assert host.links[layout.ARMED] == fakes.CHANGE


def test_what_another_operator_needs_to_go_on_is_on_the_host_and_for_root_alone(
    host: fakes.FakeHost,
) -> None:
    armed(host)
    for path, file in host.files.items():
        if path.startswith(f"{PLACE.directory}/"):
            assert file.mode & 0o077 == 0, path
    checkpoint = snapshots.loads(host.text(PLACE.before), PLACE.before)
    assert checkpoint == fakes.cleared().before
    told = find(host, fakes.NOON)
    assert told is not None
    assert told.checkpoint.probed == fakes.PROBED
    assert told.checkpoint.damage == ()


def test_a_host_that_is_locked_is_written_nothing_on(host: fakes.FakeHost) -> None:
    arm(fakes.cleared(), fakes.PROBED, host, replace(fakes.ORDER, change_id=OTHER))
    host.events.clear()
    with pytest.raises(InProgress) as told:
        armed(host)
    assert host.events == []
    for said in (OTHER, "root@desk", "2026-03-01T12:00:00Z", "no step was made"):
        assert said in str(told.value)
    for verb in ("status", "undo", "confirm"):
        assert f"runbook {verb} server-01" in told.value.then


def test_an_undo_that_the_host_cannot_read_refuses_the_change_before_its_timer_starts(
    host: fakes.FakeHost,
) -> None:
    def unread(argv: Sequence[str]) -> Completed | None:
        complaint = b"undo: 791: Syntax error"
        return Completed(tuple(argv), 2, b"", complaint) if argv[:2] == ("sh", "-n") else None

    host.answers.insert(0, unread)
    with pytest.raises(StepFailed) as told:
        armed(host)
    for said in ("undo", "791: Syntax error", "no undo is armed"):
        assert said in str(told.value)
    assert layout.ARMED not in host.links
    assert not [event for event in host.events if event.startswith("run systemd-run")]


class Raced(fakes.FakeHost):
    """A host on which another operator takes the lock at the last moment."""

    ends = False

    def symlink(self, target: str, path: str) -> bool:
        if path == layout.ARMED:
            self.links[path] = OTHER
            made = super().symlink(target, path)
            if self.ends:
                del self.links[path]
            return made
        return super().symlink(target, path)


@pytest.fixture(params=["still there", "gone again"])
def raced(host: fakes.FakeHost, request: pytest.FixtureRequest) -> Raced:
    made = Raced(files=host.files, dumps=host.dumps, answers=host.answers)
    made.ends = request.param == "gone again"
    return made


def test_who_loses_the_race_for_the_lock_takes_all_of_its_own_away(raced: Raced) -> None:
    with pytest.raises(ChangeInProgress):
        armed(raced)
    started = [event.split()[3] for event in raced.events if event.startswith("run systemd-run")]
    assert started == [f"--unit={PLACE.timer(1)}"]
    stopped = at(raced, f"run systemctl stop {PLACE.timer_stem}*.timer")
    assert stopped < at(raced, f"run rm -rf -- {PLACE.directory}")
    # The winner's boot is watched; where there is no winner any more, nobody's.
    watched = bool(raced.glob(layout.unit_path(layout.EARLY)))
    assert watched == (not raced.ends)
    assert raced.links.get(layout.ARMED) == (None if raced.ends else OTHER)


@pytest.mark.parametrize("written", ["write", "mkdir", "run cp", "run sync", "run systemd-run"])
def test_killed_before_the_lock_nothing_is_armed_and_the_next_run_is_free(
    host: fakes.FakeHost, written: str
) -> None:
    host.fails[written] = LOST
    with pytest.raises(ConnectionLost):
        armed(host)
    assert find(host, fakes.NOON) is None
    host.fails.clear()
    later = arm(fakes.cleared(), fakes.PROBED, host, replace(fakes.ORDER, change_id=OTHER))
    assert host.links[layout.ARMED] == later.change_id


@pytest.mark.parametrize("written", ["link", "append"])
def test_killed_at_the_lock_its_timer_runs_already(host: fakes.FakeHost, written: str) -> None:
    host.fails[f"{written} {layout.ROOT}"] = LOST
    with pytest.raises(ConnectionLost):
        armed(host)
    assert [event for event in host.events if event.startswith("run systemd-run")]


def test_units_that_the_end_of_an_earlier_change_took_along_are_written_again(
    host: fakes.FakeHost,
) -> None:
    class Meanwhile(fakes.FakeHost):
        def symlink(self, target: str, path: str) -> bool:
            if path == layout.ARMED:
                self.files.pop(layout.unit_path(layout.EARLY))
                self.links.pop(layout.wants_path(layout.EARLY))
            return super().symlink(target, path)

    there = Meanwhile(files=host.files, dumps=host.dumps, answers=host.answers)
    armed(there)
    assert there.glob(layout.unit_path(layout.EARLY))
    assert layout.wants_path(layout.EARLY) in there.links


def test_standing_down_gives_the_lock_back_and_is_no_longer_watched(host: fakes.FakeHost) -> None:
    made = armed(host)
    host.events.clear()
    stand_down(made, host, fakes.NOON, "the host moved on")
    assert find(host, fakes.NOON) is None
    assert "stood down: the host moved on" in host.text(PLACE.journal)
    assert not host.glob(layout.unit_path(layout.EARLY))
    assert not host.glob(PLACE.open)
    # As long as the lock is held a timer runs.
    assert at(host, f"remove {layout.ARMED}") < at(host, "run systemctl stop")


def test_what_was_there_is_kept_and_what_was_not_is_told_apart(host: fakes.FakeHost) -> None:
    made = fakes.armed(host)
    checkpoint = {path for path in host.files if "/originals/" in path}
    absent = {p.rsplit("-", 1)[-1] for p in checkpoint if p.endswith(".absent")}
    assert absent == {
        *("routed.absent", "routed.conf.absent", "routed.service.absent", "routed.link.absent")
    }
    assert all(path.startswith(made.layout.directory) for path in checkpoint)


def test_where_the_undo_cannot_be_put_in_place_nothing_is_armed_and_nothing_to_be_undone(
    host: fakes.FakeHost,
) -> None:
    unit = layout.unit_path(next(iter(layout.UNIT_TEXTS)))
    why = f"could not write {unit}: Read-only file system"
    host.fails[f"write {unit}"] = StepFailed(why, state="unknown", then="undo the change")
    with pytest.raises(StepFailed, match="Read-only file system") as failed:
        armed(host)
    assert "no undo is armed" in failed.value.state
    assert "undo the change" not in failed.value.then
    assert layout.ARMED not in host.links
    assert any(event.startswith("run systemctl stop") for event in host.events)
