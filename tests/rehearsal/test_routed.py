"""Neither root nor a host: the recorded one goes through the whole notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests import bench
from tests.bench import papermill


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


def test_a_newcomer_can_rehearse_up_to_the_preflight(home: Path) -> None:
    done = papermill(home, "-p", "host", "example")
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "planned only"
    for shown in ("Addresses", "Neighbours (ARP and NDP)", "The plan: ", "Probes: ", "STP"):
        assert shown in done.page
    assert "mode is plan: nothing was written" in done.page


def test_a_rehearsal_can_never_apply(home: Path) -> None:
    done = papermill(home, "-p", "host", "example", "-p", "mode", "apply")
    assert done.status != 0
    assert "a recorded host can be planned for and never changed" in done.said


def with_cell(path: Path, after: str, source: str) -> Path:
    """A copy of the notebook with one more cell, as an operator adds it, below the one given."""
    notebook = json.loads(bench.NOTEBOOK.read_text(encoding="utf-8"))
    lines = [cell["source"][-1:] for cell in notebook["cells"]]
    added = {"cell_type": "code", "metadata": {}, "id": "mine", "source": source}
    notebook["cells"].insert(
        lines.index([after]) + 1, {**added, "execution_count": None, "outputs": []}
    )
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_an_operator_filters_the_state_in_a_cell_of_their_own(home: Path) -> None:
    query = "before.routes.query(\"dst == 'default'\")[['gateway', 'ifname']]"
    notebook = with_cell(home.parent / "mine.ipynb", "before = nb.look(settled)", query)
    done = papermill(home, "-p", "host", "example", notebook=notebook)
    assert done.status == 0, done.said
    (cell,) = (cell for cell in done.notebook["cells"] if "".join(cell["source"]) == query)
    shown = "".join(cell["outputs"][-1]["data"]["text/plain"])
    assert shown.split() == ["gateway", "ifname", "1", "172.16.0.1", "enp4s0f0"]
    assert "text/html" in cell["outputs"][-1]["data"]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("asked = nb.parameters(globals())", "asked"),
        ("before = nb.look(settled)", "before"),
        ("planned = nb.plan(before)", "planned"),
        ("cleared = nb.preflight(planned)", "cleared"),
    ],
)
def test_a_cell_that_ends_with_a_value_shows_what_it_offers(
    home: Path, cell: str, name: str
) -> None:
    notebook = with_cell(home.parent / "mine.ipynb", cell, name)
    done = papermill(home, "-p", "host", "example", notebook=notebook)
    assert done.status == 0, done.said
    (added,) = (one for one in done.notebook["cells"] if "".join(one["source"]) == name)
    data = added["outputs"][-1]["data"]
    assert "".join(data["text/plain"]).startswith(f"<{name}: host example")
    assert "DataFrames" in "".join(data["text/html"])
