from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from runbook.notebook.desk import opening
from runbook.notebook.desk.ask import ask_button
from runbook.notebook.jupyter import server
from runbook.params import listing
from runbook.run import record
from runbook.run.record import Ending, Outcome

ROOT = Path(__file__).parents[4]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The landing page of a start, in a home with a host and a record."""
    (tmp_path / "params").mkdir()
    shutil.copy(ROOT / "params/server-02.yaml", tmp_path / "params")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    change = "20260228T120000Z-abc123"
    made = record.create(tmp_path / "outputs", "server-02", change)
    made.end(Outcome(Ending.AS_PROMISED, "server-02", change, "ann@desk", NOW, "as asked"))
    return server.prepare(tmp_path, NOW) / server.LANDING


def outputs(page: Path) -> dict[str, str]:
    cells = json.loads(page.read_text())["cells"]
    drawn = [(c["id"], c["outputs"]) for c in cells if c.get("outputs")]
    return {name: "".join(shown[0]["data"]["text/html"]) for name, shown in drawn}


def is_trusted(page: Path, data: Path) -> bool:
    book = nbformat.read(page, as_version=4)  # type: ignore[no-untyped-call]  # it has none
    notary = NotebookNotary(data_dir=str(data))  # type: ignore[no-untyped-call]  # likewise
    return bool(notary.check_signature(book))  # type: ignore[no-untyped-call]  # likewise


def test_it_opens_with_the_hosts_their_buttons_and_the_records(page: Path, tmp_path: Path) -> None:
    opening.draw(page, tmp_path / "data")
    told = outputs(page)
    assert 'href="server-02/routed%20%C2%B7%20server-02.ipynb">change</a>' in told["hosts"]
    assert "172.16.1.2/16" in told["hosts"]
    assert "asking …" in told["hosts"]
    assert f'data-path="_desk/{page.parent.name}/desk.ipynb"' in told["hosts"]
    # It is pressed as the page opens, whatever is in params/ then.
    assert 'data-asked="' not in told["hosts"].partition("<script>")[0]
    assert '<a href="survey.ipynb">add a host</a>' in told["hosts"]
    assert "ann@desk" in told["records"]
    assert (page.parent / "server-02" / "undo · server-02.ipynb").is_file()


def test_the_page_is_trusted_by_the_server_that_has_the_key_and_by_no_other(
    page: Path, tmp_path: Path
) -> None:
    opening.draw(page, tmp_path / "data")
    (tmp_path / "other").mkdir()
    assert is_trusted(page, tmp_path / "data")
    assert not is_trusted(page, tmp_path / "other")
    page.write_text(page.read_text().replace("asking", "<script>"))
    assert not is_trusted(page, tmp_path / "data")


def test_whatever_hinders_the_drawing_the_page_is_there_to_be_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = page.read_bytes()

    def hindered(_: Path) -> tuple[object, ...]:
        raise OSError

    monkeypatch.setattr(opening, "listing", hindered)
    opening.draw(page, tmp_path / "data")
    assert page.read_bytes() == before
    assert listing(tmp_path / "params")


def test_a_button_that_asks_again_knows_which_files_were_there_and_links_a_survey() -> None:
    page = Path("/home/outputs/_desk/20260301T120000Z/desk.ipynb")
    drawn = ask_button("ask the hosts again", page, ("web<1>", "db"))
    assert 'data-asked="db.yaml,web&lt;1&gt;.yaml"' in drawn.body
    assert 'data-path="_desk/20260301T120000Z/desk.ipynb"' in drawn.body
    assert '<a href="survey.ipynb">add a host</a>' in drawn.body
    assert drawn.text == ""
