"""Neither root nor a host: the recorded one goes through the whole notebook."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests import bench
from tests.bench import Done, papermill

from runbook.records.manifest import verify


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@dataclass(frozen=True)
class Rehearsed:
    """Two runs, with a ticket each, and their run folders."""

    home: Path
    folders: list[Path]
    last: Done


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    home = bench.make_home(tmp_path_factory.mktemp("rehearsed"))
    for ticket in ("CHG-1001", "CHG-2002"):
        done = papermill(home, "-p", "host", "example", "-p", "ticket", ticket)
        assert done.status == 0, done.said
    return Rehearsed(home, sorted((home / "outputs" / "example").iterdir()), done)


def test_a_newcomer_can_rehearse_up_to_the_preflight(rehearsed: Rehearsed) -> None:
    done = rehearsed.last
    assert done.outcome["outcome"] == "planned only"
    for shown in ("Addresses", "Neighbours (ARP and NDP)", "Plan: ", "Probes: ", "STP"):
        assert shown in done.page
    assert "mode is plan: nothing was written" in done.page


def test_the_first_page_is_on_top_with_the_ticket_and_the_digest_of_the_notebook(
    rehearsed: Rehearsed,
) -> None:
    done = rehearsed.last
    top = "".join(done.notebook["cells"][0]["source"])
    assert top.startswith("## · Planned only")
    assert "| **ticket** | CHG-2002 |" in top
    digest = hashlib.sha256(bench.NOTEBOOK.read_bytes()).hexdigest()
    assert f"routed.ipynb (SHA-256 {digest[:12]})" in top
    text = ["".join(c["source"]) for c in done.notebook["cells"] if c["cell_type"] == "markdown"]
    (confirm,) = (words for words in text if words.startswith("## 9. Confirm"))
    assert confirm.splitlines()[2].startswith("**Not done (mode is plan).")


def test_a_rehearsal_can_never_apply(home: Path) -> None:
    done = papermill(home, "-p", "host", "example", "-p", "mode", "apply")
    assert done.status != 0
    assert "a recorded host can only be planned (mode: plan)" in done.said


QUERY = "before.routes.query(\"dst == 'default'\")[['gateway', 'ifname']]"
# A cell of the notebook, and what an operator looks at in a cell of their own below it.
ADDED = {
    "asked = nb.parameters(globals())": "asked",
    "before = nb.look(settled)": "before",
    "planned = nb.plan(before)": "planned",
    "cleared = nb.preflight(planned)": "cleared",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What each added cell shows, by its source: a text for each MIME type."""
    home = bench.make_home(tmp_path_factory.mktemp("added"))
    notebook = json.loads(bench.NOTEBOOK.read_text(encoding="utf-8"))
    cells = []
    for cell in notebook["cells"]:
        cells.append(cell)
        if name := ADDED.get("".join(cell["source"][-1:])):
            cells += [own_cell(name), *([own_cell(QUERY)] if name == "before" else [])]
    path = home.parent / "mine.ipynb"
    path.write_text(json.dumps({**notebook, "cells": cells}), encoding="utf-8")
    done = papermill(home, "-p", "host", "example", notebook=path)
    assert done.status == 0, done.said
    return {
        source: {kind: "".join(text) for kind, text in cell["outputs"][-1]["data"].items()}
        for cell in done.notebook["cells"]
        if (source := "".join(cell["source"])) in (QUERY, *ADDED.values())
    }


def own_cell(source: str) -> dict[str, object]:
    ident = f"mine-{len(source)}-{source[:4]}"
    return {
        "cell_type": "code",
        "metadata": {},
        "id": ident,
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def test_an_operator_filters_the_state_in_a_cell_of_their_own(
    shown: dict[str, dict[str, str]],
) -> None:
    text = shown[QUERY]["text/plain"]
    assert text.split() == ["gateway", "ifname", "1", "172.16.0.1", "enp4s0f0"]
    assert "text/html" in shown[QUERY]


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("asked", "run request"),
        ("before", "before"),
        ("planned", "planned"),
        ("cleared", "cleared plan"),
    ],
)
def test_a_cell_that_ends_with_a_value_shows_what_it_offers(
    shown: dict[str, dict[str, str]], name: str, noun: str
) -> None:
    assert shown[name]["text/plain"].startswith(f"<{noun}: host example")
    assert "DataFrames" in shown[name]["text/html"]


def test_a_run_files_its_own_notebook_so_that_the_next_one_may_overwrite_the_file(
    rehearsed: Rehearsed,
) -> None:
    folders, done = rehearsed.folders, rehearsed.last
    texts = [(folder / "notebook.ipynb").read_text() for folder in folders]
    assert [("CHG-1001" in text, "CHG-2002" in text) for text in texts] == [
        (True, False),
        (False, True),
    ]
    assert texts[1] == done.out.read_text()
    # Ticket, number, begin, end, and the folder: on the first page with the digest, and alone.
    before = set(texts[0].splitlines())
    differ = [line for line in texts[1].splitlines() if line not in before]
    assert len(differ) == 6, "\n".join(line[:200] for line in differ)
    assert len(texts[1]) < 200_000
    assert texts[1].count("<style>") == 1
    assert [verify(folder) for folder in folders] == [(), ()]
    # Filed again, with its page, it is the same notebook.
    command = [str(bench.BIN / "runbook"), "archive", str(done.out)]
    again = subprocess.run(
        command, env=bench.environment(rehearsed.home), capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert verify(folders[1]) == ()
    assert (folders[1] / "notebook.html").is_file()
