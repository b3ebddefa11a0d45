"""Warm papermill: a run is a process of its own, and ends with the one that forked it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests import small_notebook

from runbook.common.clock import SystemClock
from runbook.fleet import job
from runbook.fleet.job import HostJob, play
from runbook.fleet.warm import LONGEST, Warm

# What a cell sees of its process, and what it leaves behind for whoever shared one with it.
LOOKS = """\
import json, os, pathlib, pandas
seen = {
    "pids": [os.getpid(), os.getppid()],
    "groups": [os.getpgid(0), os.getpgid(os.getppid())],
    "left": [getattr(pandas, "left", ""), os.environ.get("LEFT", "")],
    "names": [pathlib.Path(f"/proc/{pid}/comm").read_text() for pid in ("self", os.getppid())],
    "papermill": os.environ["RUNBOOK_PAPERMILL"],
    "files": [os.path.realpath(f"/proc/self/fd/{number}") for number in range(99)],
}
pandas.left, os.environ["LEFT"] = host, host
pathlib.Path(out, host).write_text(json.dumps(seen))
"""
WAITS = """\
import os, pathlib, time
pathlib.Path(out, host).write_text(str(os.getppid()))
try:
    time.sleep(100)
finally:
    pathlib.Path(out, host + "-undone").touch()
"""


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    with closing(Warm(str(tmp_path / "in.ipynb"))) as made:
        yield made


def asked(folder: Path, source: str, host: str, *options: str) -> HostJob:
    small_notebook.write(folder / "in.ipynb", "host = out = None", source)
    words = ("-p", "out", str(folder), *options)
    return HostJob(host, str(folder / "in.ipynb"), words, str(folder), 600.0)


def said(path: Path) -> str:
    """What the run of a host wrote; waits for it."""
    end = time.monotonic() + 300
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end, f"no {path.name}"
        time.sleep(0.1)
    return path.read_text()


def test_a_run_sees_nothing_of_the_run_before_it(tmp_path: Path, warm: Warm) -> None:
    for host in ("one", "two"):
        assert play(asked(tmp_path, LOOKS, host), warm.start).status == 0
    one, two = (json.loads((tmp_path / host).read_text()) for host in ("one", "two"))
    assert not {*one["pids"], *one["groups"]} & {*two["pids"], *two["groups"]}
    assert one["names"] == ["one\n", "one\n"]
    for seen in (one, two):
        kernel, papermill = seen["pids"]
        # Each leads a group of its own, so a signal for the one is not for the other.
        assert seen["groups"] == [kernel, papermill]
        assert seen["left"] == ["", ""]
        assert seen["papermill"] == str(papermill)
        # The lock says whether papermill is at work, so its kernel must not hold it.
        assert not any("at-work" in file for file in seen["files"])
    assert not any("one" in file for file in two["files"])


def test_what_papermill_is_told_is_in_no_command_line(tmp_path: Path, warm: Warm) -> None:
    made = asked(tmp_path, WAITS, "one", "-p", "user", "hunter2")
    thread = threading.Thread(target=play, args=(made, warm.start))
    thread.start()
    pid = said(tmp_path / "one")
    assert "hunter2" not in Path(f"/proc/{pid}/cmdline").read_text()
    os.kill(int(pid), signal.SIGKILL)
    thread.join(300)
    assert not thread.is_alive()


def test_a_killed_papermill_has_the_signal_for_its_status(tmp_path: Path, warm: Warm) -> None:
    results = []
    made = asked(tmp_path, WAITS, "one")
    thread = threading.Thread(target=lambda: results.append(play(made, warm.start)))
    thread.start()
    os.kill(int(said(tmp_path / "one")), signal.SIGKILL)
    thread.join(300)
    assert [result.status for result in results] == [-signal.SIGKILL]


def test_runs_undo_when_the_process_that_forked_them_is_killed(tmp_path: Path, warm: Warm) -> None:
    errors: list[OSError] = []

    def run(host: str) -> None:
        try:
            play(asked(tmp_path, WAITS, host), warm.start)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(host,)) for host in ("one", "two")]
    for thread in threads:
        thread.start()
    papermill = int(said(tmp_path / "one"))
    said(tmp_path / "two")
    server = int(Path(f"/proc/{papermill}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(server, signal.SIGKILL)
    for thread in threads:
        thread.join(300)
    assert len(errors) == 2
    assert "has ended" in str(errors[0])
    for host in ("one", "two"):
        assert job.is_over(tmp_path, host, SystemClock(), 300)
        assert (tmp_path / f"{host}-undone").exists()


def test_an_order_that_is_too_long_begins_nothing(tmp_path: Path, warm: Warm) -> None:
    made = asked(tmp_path, LOOKS, "one", "-p", "user", "x" * LONGEST)
    with pytest.raises(OSError, match="parameters take over"):
        play(made, warm.start)
    assert job.is_over(tmp_path, "one", SystemClock(), 60)
    assert not (tmp_path / "one").exists()


def test_a_process_that_cannot_start_papermill_says_where_to_look(tmp_path: Path) -> None:
    with closing(Warm(str(tmp_path / "in.ipynb"))) as warm, pytest.MonkeyPatch.context() as patch:
        patch.setattr("runbook.fleet.warm.SERVER", "runbook.no_such_module")
        with pytest.raises(OSError, match=r"papermill\.log"):
            play(asked(tmp_path, LOOKS, "one"), warm.start)
    assert "no_such_module" in (tmp_path / "papermill.log").read_text()
