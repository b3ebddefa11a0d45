"""What a run imports is what an operator waits for, and what each host of a fleet costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import bench

RUN = """\
import sys
from runbook.notebook.routed import cells as nb

cleared = nb.preflight(nb.plan(nb.look(nb.settle(nb.choose(nb.meet(nb.parameters(
    {"host": "example"})))))))
nb.finish(nb.after(nb.confirm(nb.verify(nb.apply(nb.arm(cleared), "settle")))))
print("imported:", *sorted({"pandas", "ipywidgets", "pyroute2.ndb"} & set(sys.modules)))
"""


def test_a_run_that_nobody_watches_does_without_pandas(tmp_path: Path) -> None:
    home = {"RUNBOOK_HOME": str(bench.make_home(tmp_path)), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", RUN], env=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "PLANNED ONLY" in done.stdout.upper()
    assert done.stdout.splitlines()[-1] == "imported:"
