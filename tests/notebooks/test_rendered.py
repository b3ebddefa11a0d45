"""A filled-in notebook that somebody renders changes nothing: only papermill runs it unattended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests import bench

from runbook.state.diff import compare

NOTEBOOK = bench.ROOT / "notebooks" / "routed.ipynb"
HERE = Path(sys.executable).parent
RENDERERS = {
    "nbconvert": ("jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace"),
    "jupyter execute": ("jupyter", "execute", "--inplace"),
}


def filled_in(folder: Path, host: str) -> Path:
    """A copy as an operator leaves it: the host stands in the cell of the parameters."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = (c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", ()))
    for cell in cells:
        text = "".join(cell["source"])
        cell["source"] = f'{text}\nhost = "{host}"\nmode = "apply"\n'
    copy = folder / "filled-in.ipynb"
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    return copy


@pytest.mark.parametrize("renderer", [bench.thorough("nbconvert"), "jupyter execute"])
def test_rendering_a_filled_in_copy_writes_nothing_on_the_host(
    renderer: str, fresh_host: str, home: Path
) -> None:
    before, copy = bench.snapshot(), filled_in(home.parent, fresh_host)
    program, *words = RENDERERS[renderer]
    subprocess.run(
        [HERE / program, *words, copy],
        env=bench.environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=240,
    )
    done = bench.Done(0, "", copy)
    assert done.outcome["outcome"] == "planned only"
    assert "papermill did not start this notebook" in done.page
    assert str(compare(before, bench.snapshot())) == ""
