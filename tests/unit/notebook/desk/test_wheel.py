"""The wheel: whoever installs it can make a workspace and run each notebook there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
DATA = "runbook-0.1.0.data/data/"


@pytest.fixture
def wheel(tmp_path: Path) -> zipfile.ZipFile:
    """Built as `pip` does it."""
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path)], cwd=ROOT, capture_output=True, check=False
    )
    assert built.returncode == 0, built.stderr.decode()
    (path,) = tmp_path.glob("*.whl")
    return zipfile.ZipFile(path)


def test_it_has_all_that_a_workspace_and_its_kernel_need(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    notebooks = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {f"{DATA}share/runbook/notebooks/{name}" for name in notebooks} <= names
    for name in ("share/runbook/params/example.yaml", "share/jupyter/kernels/runbook/kernel.json"):
        assert f"{DATA}{name}" in names
    for name in ("desk/ask.js", "jupyter/desk_settings.json"):
        assert f"runbook/notebook/{name}" in names
    assert "runbook/views/page/datatables/page.js" in names
    written = ConfigParser(delimiters=("=",))
    written.optionxform = str  # type: ignore[assignment,method-assign]  # the names as they stand
    (entries,) = (name for name in names if name.endswith("entry_points.txt"))
    written.read_string(wheel.read(entries).decode())
    assert written["papermill.io"]["/"] == "runbook.notebook.jupyter.papermill_io:AtomicHandler"
    assert "runbook" in written["console_scripts"]
