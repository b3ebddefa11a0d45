"""A run without an end: whether it goes on, waits for a person, or died."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runbook.run import at_work, record
from runbook.run.at_work import AT_WORK, WAITING, Life
from runbook.run.record import Ending, Folder, Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANGE = "20260301T120000Z-abc123"
RUN = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from runbook.run import record
folder = record.create(Path(sys.argv[1]), "server-01", sys.argv[2])
folder.hold()
folder.note(datetime.now(UTC), "Planning: done")
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return record.create(tmp_path, "server-01", CHANGE)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own."""
    command = [sys.executable, "-c", RUN, str(tmp_path), CHANGE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def told(path: Path) -> str:
    return record.read(path).told


def test_a_run_that_a_kill_ends_reads_died_and_before_that_it_goes_on(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    path = tmp_path / "server-01" / CHANGE
    goes_on = told(path)
    assert goes_on.startswith(f"goes on; process {other.pid} on ")
    assert goes_on.endswith("Planning: done")
    other.kill()
    other.wait()
    assert told(path).startswith(f"died in the middle; process {other.pid} on ")


def test_a_run_that_waits_at_the_question_says_so_until_it_is_answered(folder: Folder) -> None:
    folder.hold()
    folder.note(NOW, f"{WAITING}: begins")
    assert told(folder.path).startswith("waits for a person's answer; process ")
    folder.note(NOW, f"{WAITING}: done")
    assert told(folder.path).startswith("goes on; ")


def test_the_lock_goes_with_the_folder_that_has_it(tmp_path: Path) -> None:
    folder = record.create(tmp_path, "server-01", CHANGE)
    folder.hold()
    folder.note(NOW, f"{WAITING}: begins")
    path = folder.path
    del folder
    assert told(path).startswith("died in the middle; process ")


def test_a_run_of_another_machine_is_not_called_dead(folder: Folder) -> None:
    (folder.path / AT_WORK).write_text("another-desk\nprocess 7\n")
    assert told(folder.path).startswith("died, or goes on; process 7 on another-desk; ")


@pytest.mark.parametrize("content", [b"", b"\xff\0\x1b[2J\n\n", b"x" * 9999])
def test_a_damaged_lock_and_none_at_all_decide_nothing(folder: Folder, content: bytes) -> None:
    assert told(folder.path).startswith("died, or goes on; nothing is in its journal")
    (folder.path / AT_WORK).write_bytes(content)
    assert told(folder.path).startswith("died, or goes on; ")
    assert "\x1b" not in told(folder.path)


def test_a_pipe_or_a_link_in_its_place_is_not_waited_for(folder: Folder, tmp_path: Path) -> None:
    os.mkfifo(folder.path / AT_WORK)
    assert at_work.look(folder.path, ()).life is Life.NOT_KNOWN
    (folder.path / AT_WORK).unlink()
    (tmp_path / "held").write_text("")
    (folder.path / AT_WORK).symlink_to(tmp_path / "held")
    assert at_work.look(folder.path, ()).life is Life.NOT_KNOWN


def test_a_disk_that_takes_no_lock_stops_nobody(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "gone")
    folder.hold()
    folder.let_go()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_taken_up_again_is_held_by_who_took_it_up(folder: Folder) -> None:
    folder.hold()
    second = Folder(folder.path)
    second.hold()
    folder.let_go()
    assert at_work.look(folder.path, ()).life is Life.RUNNING
    second.let_go()
    assert not (folder.path / AT_WORK).exists()


def test_nothing_of_it_is_left_when_the_run_is_over(folder: Folder) -> None:
    folder.hold()
    folder.end(Outcome(Ending.LOOKED, "server-01", CHANGE, "root@desk", NOW, "why"))
    assert told(folder.path) == "only looked"
    folder.let_go()
    assert [path.name for path in folder.path.iterdir() if path.name.startswith(".")] == []
