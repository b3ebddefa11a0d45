from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.unit import hosts

from runbook import cli
from runbook.common.errors import CorrectParameters
from runbook.notebook.archive import file_away
from runbook.notebook.desk.records import rows
from runbook.notebook.jupyter.executed_notebook import told_truly
from runbook.records.manifest import load, verify
from runbook.records.predicate import Fact
from runbook.records.seal import seal
from runbook.run import record
from runbook.run.record import CARD_MIME, CHANGE_MIME, MIME, Ending, Folder, Outcome
from runbook.views import note, page_head, wiring
from runbook.views.page.document import page
from runbook.views.page.interactive import script, script_source

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANGE = "20260301T120000Z-abc123"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = record.create(tmp_path / "outputs", "server-01", CHANGE)
    made.end(Outcome(Ending.AS_PROMISED, "server-01", CHANGE, "root@desk", NOW, "why"))
    return made


def executed(*outputs: dict[str, Any]) -> str:
    story = "# Story <script>alert(1)</script>"
    common = {"metadata": {}, "id": "x"}
    code = {"cell_type": "code", "execution_count": 1, "outputs": outputs, "source": "nb.finish(x)"}
    cells = [{"cell_type": "markdown", "source": story, **common}, {**code, **common, "id": "y"}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def shown(html: str, **more: object) -> dict[str, Any]:
    data = {"text/plain": "x", "text/html": html, **more}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def outcome(folder: Path, change: str = CHANGE) -> dict[str, Any]:
    return shown(note("as promised").html(), **{MIME: {"folder": str(folder), "change_id": change}})


def test_a_sealed_record_has_both_files_in_a_manifest_of_their_own(
    tmp_path: Path, folder: Folder
) -> None:
    seal(folder, NOW)
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path)))
    file_away(out, tmp_path / "outputs")
    assert verify(folder.path) == ()
    # Filed again, it is the same.
    file_away(out, tmp_path / "outputs")
    assert verify(folder.path) == ()
    (folder.path / "notebook.html").write_text("another page")
    (found,) = verify(folder.path)
    assert (found.fault, found.name) == ("changed", "notebook.html")


def test_a_manifest_that_cannot_be_written_is_told_with_what_to_do(
    tmp_path: Path, folder: Folder
) -> None:
    seal(folder, NOW)
    # In the way of the atomic write.
    (folder.path / "later-notebook.json").symlink_to(tmp_path / "no" / "where")
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path)))
    with pytest.raises(CorrectParameters, match="its manifest there could not be written"):
        file_away(out, tmp_path / "outputs")


def test_notebook_and_page_are_filed_in_the_run_folder(tmp_path: Path, folder: Folder) -> None:
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path)))
    assert file_away(out, tmp_path / "outputs") == (
        folder.path / "notebook.ipynb",
        folder.path / "notebook.html",
    )
    assert json.loads((folder.path / "notebook.ipynb").read_text()) == json.loads(out.read_text())
    assert "as promised" in (folder.path / "notebook.html").read_text()


def test_filing_the_same_notebook_twice_is_no_error(tmp_path: Path, folder: Folder) -> None:
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path)))
    assert file_away(out, tmp_path / "outputs") == file_away(out, tmp_path / "outputs")


def test_a_notebook_that_an_earlier_version_filed_gets_its_page_and_stays_as_it_is(
    tmp_path: Path, folder: Folder
) -> None:
    out = tmp_path / "out.ipynb"
    # With times and with the folder in the data, as that version wrote it.
    notebook = json.loads(executed(outcome(folder.path)))
    notebook["cells"][1]["source"] = "import runbook.notebook"
    notebook["metadata"]["papermill"] = {"start_time": "noon", "end_time": "later"}
    longer = json.dumps(notebook)
    assert longer != told_truly(longer)
    for path in (out, folder.path / "notebook.ipynb"):
        path.write_text(longer)
    file_away(out, tmp_path / "outputs")
    assert (folder.path / "notebook.ipynb").read_text() == longer
    assert (folder.path / "notebook.html").is_file()


def test_another_notebook_does_not_replace_the_one_that_was_filed(
    tmp_path: Path, folder: Folder
) -> None:
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path)))
    file_away(out, tmp_path / "outputs")
    out.write_text(executed(shown("more"), outcome(folder.path)))
    with pytest.raises(CorrectParameters, match="another notebook was filed"):
        file_away(out, tmp_path / "outputs")


def test_a_notebook_without_an_outcome_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    out.write_text(executed(shown("hello")))
    with pytest.raises(CorrectParameters, match="died in the middle"):
        file_away(out, tmp_path / "outputs")


@pytest.mark.parametrize("text", ["", "not json", "{}"])
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.ipynb"
    out.write_text(text)
    with pytest.raises(CorrectParameters):
        file_away(out, tmp_path / "outputs")


def told(outcome: object) -> str:
    return executed(shown("x", **{MIME: outcome}))


@pytest.mark.parametrize(
    "text",
    [
        *("[]", '"x"', "null", '{"cells": null}', '{"cells": ["x"]}', '{"cells": ' + "[" * 200_000),
        '{"cells": [{"cell_type": "code", "outputs": ["x"]}], "nbformat": 4, "metadata": {}}',
        told("x"),
        told(["x"]),
        told({"folder": "/a\0b"}),
        told({"folder": "/" + "a" * 70_000}),
        told({"folder": ["x"]}),
    ],
    ids=str.__len__,
)
def test_a_notebook_of_any_shape_is_refused_in_our_own_words(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.ipynb"
    out.write_text(text)
    with pytest.raises(CorrectParameters, match="was not filed"):
        file_away(out, tmp_path / "outputs")


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def link(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def folder_instead(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


ODD = [pipe, link, folder_instead, written(b"\xff\xfe\n")]
SHAPES = [written(text) for text in (b"[1]", b'"x"', b"null", b"[" * 200_000)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("name", "make"),
    [
        *((name, make) for name in ("outcome.json", "journal", "notebook.ipynb") for make in ODD),
        *(("outcome.json", make) for make in SHAPES),
    ],
)
def test_a_run_folder_of_somebody_else_s_is_refused_in_our_own_words(
    tmp_path: Path, folder: Folder, name: str, make: Callable[[Path], object]
) -> None:
    make(folder.path / name)
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path)))
    with pytest.raises(CorrectParameters, match="was not filed"):
        file_away(out, tmp_path / "outputs")
    (entry,) = rows(tmp_path / "outputs")
    assert name == "notebook.ipynb" or entry.ended.startswith("cannot be read")


@pytest.mark.parametrize("make", [pipe, link, folder_instead])
def test_what_is_no_file_is_no_notebook(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "out.ipynb")
    with pytest.raises(CorrectParameters, match="not a notebook"):
        file_away(tmp_path / "out.ipynb", tmp_path / "outputs")


@pytest.mark.parametrize("elsewhere", ["/etc", "/", "", "outputs/server-01/../../.."])
def test_a_notebook_cannot_choose_any_folder_it_likes(
    tmp_path: Path, folder: Folder, elsewhere: str
) -> None:
    assert folder
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(tmp_path / elsewhere)))
    with pytest.raises(CorrectParameters, match="not below"):
        file_away(out, tmp_path / "outputs")


def test_a_notebook_of_another_run_is_refused(tmp_path: Path, folder: Folder) -> None:
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path, change="another")))
    with pytest.raises(CorrectParameters, match="another run"):
        file_away(out, tmp_path / "outputs")


def test_the_page_loads_nothing_and_runs_nothing_but_our_own_script() -> None:
    nasty = '<img src="http://evil/x.png" onerror="alert(1)"><script>alert(2)</script>'
    html = page(executed(shown(nasty), shown(f'<a href="javascript:alert(3)">{nasty}</a>')), "t")
    before, ours, after = html.partition(f"<script>{script()}</script>")
    assert ours
    for word in ("<script", "onerror", "javascript:", "evil/x.png", "<link", "@import", "alert(2)"):
        assert word not in before + after
    assert "default-src 'none'" in before
    assert f'script-src {script_source()}"' in before


def test_the_script_that_a_notebook_shows_is_on_its_page_once_and_never_as_text() -> None:
    told = shown(page_head().html())
    html = page(executed(told, told), "t")
    assert html.count(script()) == 1
    assert html.count("dataTables") == page(executed(), "t").count("dataTables")


def test_a_widget_gives_way_to_the_picture_beside_it() -> None:
    view = "application/vnd.jupyter.widget-view+json"
    html = page(executed(shown(note("virbr1").html(), **{view: {"model_id": "gone"}})), "t")
    assert "virbr1" in html
    assert "model_id" not in html


def test_the_pictures_survive_on_the_page_with_their_colours() -> None:
    picture = wiring(hosts.after(), hosts.OWN, hosts.before())
    html = page(executed(shown(picture.html())), "t")
    assert html.count("<rect") == picture.body.count("<rect")
    # A browser reads this attribute of inline SVG in either spelling.
    assert 'viewbox="0 0' in html.lower()
    assert ".rb svg .rb-new" in html


def test_the_command_prints_both_paths(
    tmp_path: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    out = tmp_path / "out.ipynb"
    out.write_text(executed(outcome(folder.path)))
    done = CliRunner().invoke(cli.runbook, ["archive", str(out)])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        str(folder.path / "notebook.ipynb"),
        str(folder.path / "notebook.html"),
    ]


def card(folder: str, **pairs: str) -> dict[str, Any]:
    told = {"record": folder, "host": "server-01", "change": CHANGE, **pairs}
    return shown("x", **{CARD_MIME: {"state": "in progress", "pairs": list(told.items())}})


@pytest.fixture
def died(tmp_path: Path) -> Folder:
    """A record whose run died in the middle, two hours ago."""
    made = record.create(tmp_path / "outputs", "server-01", CHANGE)
    made.note(NOW, "Phase network: begins")
    return made


def filed(tmp_path: Path, text: str) -> Path:
    out = tmp_path / "out.ipynb"
    out.write_text(text)
    return file_away(out, tmp_path / "outputs")[0]


def armed(folder: str) -> dict[str, Any]:
    change = {"state": "armed", "host": "server-01", "change_id": CHANGE, "folder": folder}
    return shown("x", **{CHANGE_MIME: change})


@pytest.mark.parametrize("tells", [card, armed])
def test_a_run_that_died_is_filed_and_its_record_sealed(
    tmp_path: Path, died: Folder, tells: Callable[[str], dict[str, Any]]
) -> None:
    path = filed(tmp_path, executed(tells(str(died.path))))
    assert path == died.path / "notebook.ipynb"
    told = load(died.path).predicate
    assert told.verdict.fact is Fact.DIED
    assert told.ended == NOW
    assert verify(died.path) == ()


def test_a_run_that_may_go_on_is_not_filed(tmp_path: Path, died: Folder) -> None:
    died.note(datetime.now(UTC), "Phase cutover: begins")
    with pytest.raises(CorrectParameters, match="may go on"):
        filed(tmp_path, executed(card(str(died.path))))
    assert not (died.path / "record.json").exists()


def test_a_record_that_was_moved_with_its_outputs_is_found(tmp_path: Path, died: Folder) -> None:
    path = filed(tmp_path, executed(card(f"/another/machine/outputs/server-01/{CHANGE}")))
    assert path == died.path / "notebook.ipynb"


@pytest.mark.parametrize(
    "odd",
    [
        card("none yet", change="none yet"),
        card("x", change="../../x"),
        card("x", host="../.."),
        card("x", host="server-02"),
        shown("x", **{CARD_MIME: {"pairs": 5}}),
        shown("x", **{CARD_MIME: {"pairs": [[1], 2]}}),
    ],
    ids=str,
)
def test_a_first_page_that_tells_of_no_record_is_refused(
    tmp_path: Path, died: Folder, odd: dict[str, Any]
) -> None:
    with pytest.raises(CorrectParameters, match="was not filed"):
        filed(tmp_path, executed(odd))
    assert not (died.path / "notebook.ipynb").exists()


def test_the_tab_of_the_page_says_whose_record_it_is_and_how_the_run_ended(
    tmp_path: Path, folder: Folder
) -> None:
    filed(tmp_path, executed(outcome(folder.path)))
    page_text = (folder.path / "notebook.html").read_text()
    assert f"<title>server-01: as promised ({CHANGE})</title>" in page_text


@pytest.mark.parametrize("told", ['"x"', "[1]", "7"])
def test_odd_words_of_papermill_are_no_end_of_a_run(
    tmp_path: Path, folder: Folder, told: str
) -> None:
    text = executed(outcome(folder.path)).replace(
        '"metadata": {}, "nbf', f'"metadata": {{"papermill": {told}}}, "nbf'
    )
    assert filed(tmp_path, text) == folder.path / "notebook.ipynb"


@pytest.mark.parametrize("depth", [600, 900])
def test_a_notebook_that_is_nested_too_deep_is_refused(
    tmp_path: Path, folder: Folder, depth: int
) -> None:
    nested = f'"metadata": {{"x": {"[" * depth}{"]" * depth}}}, "nbf'
    text = executed(outcome(folder.path)).replace('"metadata": {}, "nbf', nested)
    with pytest.raises(CorrectParameters, match="was not filed"):
        filed(tmp_path, text)


def test_what_a_record_says_is_no_markup_of_the_page() -> None:
    assert "<script>alert" not in page(executed(shown("x")), "</title><script>alert(9)</script>")
