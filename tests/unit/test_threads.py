from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = "import os, runbook.state.table; print(len(os.listdir('/proc/self/task')))"


def test_numpy_starts_no_threads_that_wait_for_work() -> None:
    environ = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    argv = (sys.executable, "-c", PROGRAM)
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
