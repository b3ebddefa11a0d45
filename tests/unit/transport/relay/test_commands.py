from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from runbook.common.errors import ReadFailed, StepFailed
from runbook.transport.live import LiveHost


def test_a_missing_program_is_exit_status_127(host: LiveHost) -> None:
    done = host.query(["no-such-program", "-x"])
    assert done.returncode == 127
    assert b"no-such-program" in done.stderr


def test_a_program_that_may_not_be_run_is_exit_status_126(host: LiveHost, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert host.query([str(script)]).returncode == 126


def test_a_command_that_does_not_end_is_killed_with_its_children(
    host: LiveHost, tmp_path: Path
) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; wait"
    with pytest.raises(ReadFailed, match=r"did not end within 0\.5 s"):
        host.query(["sh", "-c", script], timeout=0.5)
    assert gone(int((tmp_path / "child").read_text()))


def test_a_write_that_does_not_end_is_a_failed_step(host: LiveHost) -> None:
    with pytest.raises(StepFailed, match="did not end"):
        host.execute(["sleep", "60"], timeout=0.2)


def test_output_error_and_status_come_back(host: LiveHost) -> None:
    done = host.execute(["sh", "-c", "cat; echo oops >&2; exit 3"], stdin=b"\0in\xff")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"\0in\xff", b"oops\n")


def test_a_command_that_only_reads_does_not_get_all_memory_of_the_host(host: LiveHost) -> None:
    take = ["python3", "-I", "-c", "bytearray(3 << 30)"]
    assert b"MemoryError" in host.query(take).stderr
    assert host.execute(take).returncode == 0


def test_large_input_and_output_do_not_block(host: LiveHost) -> None:
    data = os.urandom(3 << 20)
    assert host.execute(["cat"], stdin=data).stdout == data


def test_input_that_nobody_reads_is_no_error(host: LiveHost) -> None:
    assert host.execute(["true"], stdin=b"x" * (1 << 20)).returncode == 0


def test_no_shell_looks_at_the_arguments(host: LiveHost) -> None:
    argument = "$(id) `id` ; * 'quoted' \"twice\"\n\\"
    assert host.query(["printf", "%s", argument]).stdout.decode() == argument


def test_output_is_never_translated(host: LiveHost) -> None:
    assert host.query(["sh", "-c", "echo $LC_ALL"]).stdout == b"C\n"


def test_programs_of_sbin_are_found(host: LiveHost) -> None:
    assert b"/usr/sbin" in host.query(["sh", "-c", "echo $PATH"]).stdout


def test_a_daemon_left_behind_does_not_hold_the_answer(host: LiveHost) -> None:
    began = time.monotonic()
    done = host.execute(["sh", "-c", "sleep 20 & echo started"])
    assert done.stdout == b"started\n"
    assert time.monotonic() - began < 5


def test_a_slow_command_does_not_hold_up_other_questions(host: LiveHost, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    slow = threading.Thread(target=host.query, args=(["cat", str(tmp_path / "gate")],))
    slow.start()
    host.query(["true"])
    assert slow.is_alive()
    # It ends once somebody has written.
    (tmp_path / "gate").write_text("")
    slow.join()


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        if status.rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_a_command_that_writes_without_end_is_killed_and_named(host: LiveHost, stream: str) -> None:
    with pytest.raises(ReadFailed, match="run sh: it wrote more than 128 MiB and was killed"):
        host.query(["sh", "-c", f"exec yes {stream}"])
    assert host.query(["true"]).returncode == 0
