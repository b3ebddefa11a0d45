"""The end of a fork: all happens that happens at the end of a program."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A fork of this script does what is to be tried; its status and output are the script's own.
FORKED = """\
import atexit, os, sys, threading, time
from runbook.notebook.jupyter.fork_end import end_with
def work():
    atexit.register(print, "at its end")
    threading.Thread(target=lambda: (time.sleep(0.2), print("a thread ends"))).start()
    {work}
pid = os.fork()
if not pid:
    end_with(work)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.parametrize(
    ("work", "status", "told"),
    [
        ("print('done')", 0, ""),
        ("sys.exit(7)", 7, ""),
        ("sys.exit('not well')", 1, "not well"),
        ("raise KeyError('nobody caught it')", 1, "nobody caught it"),
    ],
)
def test_its_status_its_words_its_threads_and_what_was_to_be_done_last(
    work: str, status: int, told: str
) -> None:
    argv = [sys.executable, "-c", FORKED.format(work=work)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert told in done.stderr
    assert done.stdout.splitlines()[-2:] == ["a thread ends", "at its end"]
