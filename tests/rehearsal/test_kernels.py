"""Which Python runs a notebook, where the machine has another kernel called python3."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import ipykernel
import pytest
from tests import bench
from tests.bench import papermill


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@pytest.fixture
def other_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kernel `python3` that Jupyter finds first, with ipykernel and without this package."""
    python = str(Path(sys.executable).resolve())
    # What is found through PYTHONPATH has no .pth file read, and this package is in one.
    packages = Path(ipykernel.__file__).parents[1]
    kernel = {
        "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {"PYTHONPATH": str(packages)},
    }
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return python


def test_another_python3_kernel_does_not_get_the_notebook(home: Path, other_python: str) -> None:
    assert other_python != sys.executable
    done = papermill(home, "-p", "host", "example")
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "planned only"


def test_a_kernel_without_the_package_is_named_with_what_to_do(
    home: Path, other_python: str
) -> None:
    done = papermill(home, "-k", "python3", "-p", "host", "example")
    assert done.status != 0
    assert f"This kernel runs {other_python}. The package `runbook` is missing there." in done.said
    assert "Run `make setup`" in done.said
    assert "ModuleNotFoundError" not in done.said
