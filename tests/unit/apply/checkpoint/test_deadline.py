"""The deadline moved: in the open, and only by somebody who has seen the one that stands."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.programs import PATH

from runbook.apply.checkpoint import Armed, deadline, manifest
from runbook.apply.checkpoint.armed_change import find
from runbook.apply.checkpoint.layout import Layout
from runbook.common.errors import ReadFailed, StepFailed
from runbook.transport.host import Completed

PLACE = Layout(fakes.CHANGE)


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


def at(host: fakes.FakeHost, start: str) -> int:
    """When it was first written."""
    return next(n for n, event in enumerate(host.events) if event.startswith(start))


def test_a_deadline_is_moved_in_the_open(host: fakes.FakeHost) -> None:
    made = fakes.armed(host)
    later = fakes.moved(host, made, 95, "step 9 may take up to 20 s")
    assert later.timer_number == 2
    assert "12:01:35Z, 95 s from now, because step 9 may" in host.text(PLACE.journal)
    told = find(host, fakes.NOON)
    assert told is not None
    assert told.checkpoint.manifest is not None
    assert told.checkpoint.manifest.deadline == later.deadline
    assert told.checkpoint.manifest.timer == 2
    # The new countdown runs before the old one ends.
    assert at(host, f"run systemd-run --quiet --unit={PLACE.timer(2)}") < at(
        host, f"run systemctl stop {PLACE.timer(1)}.timer"
    )


def test_a_deadline_is_not_moved_without_knowing_which_timer_runs(host: fakes.FakeHost) -> None:
    made = fakes.armed(host)
    host.hold(PLACE.manifest, "{")
    with pytest.raises(ReadFailed, match="damaged"):
        fakes.moved(host, made, 95, "why")
    assert host.events == []


@dataclass
class Meanwhile(fakes.FakeHost):
    """Somebody else moves the deadline, once it was looked at, so many times."""

    times: int = 1
    armed: Armed | None = None

    def execute(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0
    ) -> Completed:
        ours = deadline.script() in argv and "step 9" in str(argv)
        if ours and self.times:
            self.times -= 1
            assert self.armed is not None
            fakes.moved(self, self.armed, 900 + self.times, "root@desk asked for more time")
        return super().execute(argv, stdin=stdin, timeout=timeout)


def beside(host: fakes.FakeHost, times: int) -> tuple[Armed, Meanwhile]:
    """A change that is armed, and the host as one of those finds it who move its deadline."""
    made = fakes.armed(host)
    return made, Meanwhile(host.files, host.links, answers=host.answers, times=times, armed=made)


def test_who_comes_second_looks_again_and_goes_by_what_stands_then(host: fakes.FakeHost) -> None:
    made, there = beside(host, 1)
    seen: list[int] = []

    def more(stands: manifest.Manifest, _at: object) -> int:
        seen.append(stands.timer)
        return round((stands.deadline - fakes.NOON).total_seconds()) + 20

    wish = deadline.DeadlineWish(more, "step 9 may take long")
    moved = deadline.move(made.layout, there, wish, lambda: fakes.NOON)
    assert seen == [1, 2]
    assert (moved.before.timer, moved.after.timer) == (2, 3)
    assert (moved.after.deadline - fakes.NOON).total_seconds() == 920
    assert deadline.standing(host, PLACE) == moved.after
    # Of ours only what came about is told, and no countdown was started in vain.
    assert host.text(PLACE.journal).count("because step 9") == 1
    assert len([e for e in there.events if e.startswith("run systemd-run")]) == 2


def test_what_was_given_meanwhile_is_not_taken_back_by_who_wanted_less(
    host: fakes.FakeHost,
) -> None:
    made, there = beside(host, 1)

    def first(stands: manifest.Manifest, _at: object) -> int | None:
        return 30 if stands.timer == 1 else None

    wish = deadline.DeadlineWish(first, "step 9 is done")
    moved = deadline.move(made.layout, there, wish, lambda: fakes.NOON)
    assert not moved.changed
    assert (moved.after.deadline - fakes.NOON).total_seconds() == 900


def test_where_others_move_it_again_and_again_it_is_an_error(host: fakes.FakeHost) -> None:
    made, there = beside(host, 99)
    with pytest.raises(StepFailed, match="again and again"):
        fakes.moved(there, made, 95, "step 9 may take long")


def test_the_number_of_one_that_was_broken_off_is_passed_over(host: fakes.FakeHost) -> None:
    made = fakes.armed(host)

    def fails(argv: Sequence[str]) -> Completed | None:
        taken = f"--unit={PLACE.timer(2)}" in argv
        return Completed((), 1, b"", b"exists") if taken else None

    host.answers.insert(0, fails)
    later = fakes.moved(host, made, 95, "why")
    assert later.timer_number == 3
    assert at(host, f"run systemctl stop {PLACE.timer(1)}.timer {PLACE.timer(2)}.timer") > 0


def test_a_countdown_that_cannot_be_started_is_an_error_and_the_old_one_goes_on(
    host: fakes.FakeHost,
) -> None:
    made = fakes.armed(host)
    was = host.text(PLACE.manifest)
    host.answers.insert(
        0, lambda argv: Completed((), 1, b"", b"no") if argv[0] == "systemd-run" else None
    )
    with pytest.raises(StepFailed, match="no"):
        fakes.moved(host, made, 95, "why")
    assert host.text(PLACE.manifest) == was
    assert not [e for e in host.events if e.startswith("run systemctl stop")]


@dataclass
class Real:
    """deadline.sh at work in a folder; systemd is two programs that say what they were told."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "bin").mkdir()
        self.program("systemd-run", 'echo "start $*" >>"$LOG"')
        self.program("systemctl", 'echo "$*" >>"$LOG"')
        self.manifest.write_text("old\n")
        (self.folder / "journal").write_text("before\n")

    def program(self, name: str, text: str) -> None:
        """A program in place of the host's own."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    @property
    def manifest(self) -> Path:
        """The one that is replaced."""
        return self.folder / "manifest.json"

    @property
    def log(self) -> list[str]:
        """What systemd was told."""
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def move(self, seen: str = "old\n", number: int = 3) -> subprocess.CompletedProcess[bytes]:
        """The script, as the host is given it."""
        digest = hashlib.sha256(seen.encode()).hexdigest()
        assert PATH in deadline.script()
        script = deadline.script().replace(PATH, f"PATH={self.folder}/bin:/usr/bin:/bin")
        told = (str(self.manifest), digest, "deadline-", str(number), "moved")
        return subprocess.run(
            ("sh", "-c", script, "sh", *told, "systemd-run", "it"),
            input=b"new\n",
            env={"LOG": f"{self.folder}/log"},
            capture_output=True,
            check=False,
        )


@pytest.fixture
def real(tmp_path: Path) -> Real:
    return Real(tmp_path)


def test_on_the_host_the_new_countdown_runs_before_the_old_ones_end(real: Real) -> None:
    done = real.move()
    assert (done.returncode, done.stderr) == (0, b"")
    assert real.log == ["start it", "stop deadline-1.timer deadline-2.timer"]
    assert real.manifest.read_text() == "new\n"
    assert real.manifest.stat().st_mode & 0o077 == 0
    assert (real.folder / "journal").read_text() == "before\nmoved\n"


def test_on_the_host_one_that_was_moved_since_is_left_alone(real: Real) -> None:
    assert real.move(seen="older\n").returncode == deadline.SINCE
    assert real.log == []
    assert real.manifest.read_text() == "old\n"
    assert (real.folder / "journal").read_text() == "before\n"


def test_on_the_host_a_countdown_that_does_not_start_leaves_the_old_one(real: Real) -> None:
    real.program("systemd-run", "echo taken >&2; exit 1")
    assert real.move().returncode == deadline.TAKEN
    assert real.log == []
    assert real.manifest.read_text() == "old\n"


@pytest.mark.parametrize(
    ("state", "status"),
    [("inactive", 0), ("failed", 0), ("unknown", 0), ("active", 1), ("", 1)],
)
def test_on_the_host_an_old_one_that_may_run_on_is_not_passed_over(
    real: Real, state: str, status: int
) -> None:
    real.program("systemctl", f'[ "$1" = is-active ] && echo {state}; exit 5')
    done = real.move()
    assert done.returncode == status
    assert real.manifest.read_text() == ("old\n" if status else "new\n")
    assert (b"runs on: deadline-1.timer" in done.stderr) == bool(status)


def test_a_critic_of_shell_scripts_has_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "script").write_text(deadline.script())
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(tmp_path / "script")]
    done = subprocess.run(critic, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
