"""`runbook records`: what an operator, an auditor and a program see."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests import older
from tests.unit.records import kept

from runbook.cli import runbook
from runbook.common.errors import CorrectParameters, RunbookError
from runbook.records import later_manifest
from runbook.run.record import Ending


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    for day in (1, 2, 3):
        kept.sealed(tmp_path / "outputs", day, plan_json='{"is": "Plan"}')
    kept.sealed(tmp_path / "outputs", 4, Ending.UNKNOWN, host="server-02")
    return tmp_path / "outputs"


def call(*words: str) -> Result:
    return CliRunner().invoke(runbook, ["records", *words])


def error(*words: str) -> RunbookError:
    found = call(*words).exception
    assert isinstance(found, RunbookError), found
    return found


def test_without_records_there_is_a_head_and_no_error(outputs: Path) -> None:
    shutil.rmtree(outputs)
    assert call("list").output.split()[:2] == ["begun", "host"]
    assert call("verify").exit_code == 0
    assert "no record fits" in str(error("export", str(outputs.parent / "bag")))


@pytest.mark.parametrize("words", [("show", "2099"), ("show", ""), ("diff", "x", "y")])
def test_a_number_of_no_or_of_several_records_is_refused_with_what_to_do(
    outputs: Path, words: tuple[str, ...]
) -> None:
    assert outputs.is_dir()
    told = error(*words)
    assert isinstance(told, CorrectParameters)
    assert "records list" in told.then


def test_the_list_has_what_needs_a_person_first(outputs: Path) -> None:
    assert outputs.is_dir()
    _, first, second, *_ = call("list").output.splitlines()
    assert "! unknown: go to the console" in first
    assert "server-02" in first
    assert "CHG-3" in second
    assert "as promised" in second


def test_a_list_that_is_cut_says_so(outputs: Path) -> None:
    assert outputs.is_dir()
    assert "--most 0 lists all" in call("list", "--most", "2").output
    assert "--most" not in call("list").output


def test_json_has_every_field(outputs: Path) -> None:
    assert outputs.is_dir()
    (one,) = json.loads(call("search", "172.16.1.2/16", "--json").output)
    assert one["place"] == f"server-01/{kept.number(2)}"
    assert one["ticket"] == "CHG-2"
    assert "172.16.1.2" in one["found"].replace("[", "").replace("]", "")


def test_what_a_record_holds_cannot_drive_the_terminal(outputs: Path) -> None:
    kept.sealed(outputs, 5, error_txt="evil \x1b[2J word")
    done = call("search", "evil")
    assert "\x1b" not in done.output
    assert "evil" in done.output


def test_show_says_whether_the_record_is_as_it_was_sealed(outputs: Path) -> None:
    shown = call("show", kept.number(2)).output
    for told in ("CHG-2", "the guests need the LAN", "as promised: 172.16.1.2/16", "not signed"):
        assert told in shown
    assert "as it was sealed" in shown
    (outputs / f"server-01/{kept.number(2)}/plan.json").write_text("{}")
    shown = call("show", f"server-01/{kept.number(2)}").output
    assert "plan.json: its SHA-256 is" in shown
    assert "as it was sealed" not in shown


def test_show_names_the_records_that_belong_to_it(outputs: Path) -> None:
    found = json.dumps({"change_id": kept.number(3)})
    kept.sealed(outputs, 6, Ending.UNDONE, kind="undo", found_json=found)
    assert (
        f"undo: undone: as before (server-01/{kept.number(6)})"
        in call("show", kept.number(3)).output
    )
    assert f"(server-01/{kept.number(3)})" in call("show", kept.number(6)).output


def test_verify_ends_with_0_3_or_4(outputs: Path) -> None:
    assert call("verify").exit_code == 0
    kept.begun(outputs, 5)
    died = call("verify")
    assert died.exit_code == 3
    assert "not proved: " in died.output
    (outputs / f"server-01/{kept.number(2)}/plan.json").write_text("{}")
    altered = call("verify")
    assert altered.exit_code == 4
    assert f"altered: server-01/{kept.number(2)}: plan.json: changed" in altered.output
    assert call("verify", kept.number(1)).exit_code == 0
    assert call("verify", "--host", "server-02").exit_code == 0
    told = json.loads(call("verify", "--json").output)
    assert told["records"] == 5
    assert {one["fault"] for one in told["findings"]} == {"changed", "no manifest"}


def test_diff_tells_rows_of_state_and_plan_and_no_more(outputs: Path) -> None:
    first = outputs / "example/20260101T000000Z-aaaaaa"
    shutil.copytree(older.CONFIRMED.record, first)
    second = outputs / "example/20260102T000000Z-bbbbbb"
    shutil.copytree(first, second)
    same = call("diff", first.name, second.name)
    assert (same.exit_code, same.output) == (0, "0 differences\n")
    after = json.loads((second / "after.json").read_text())
    after["tables"]["sysctl"][0]["value"] = "7"
    (second / "after.json").write_text(json.dumps(after))
    plan = (second / "plan.json").read_text()
    (second / "plan.json").write_text(plan.replace("arp_notify = 1", "arp_notify = 0"))
    done = call("diff", first.name, second.name, "--json")
    assert done.exit_code == 3
    rows = json.loads(done.output)
    assert [row["second"] for row in rows if row["part"] == "state"] == ["7"]
    assert {row["part"] for row in rows} <= {"state", "plan"}


@pytest.mark.parametrize("name", ["after.json", "plan.json"])
def test_diff_refuses_what_it_cannot_read_by_name(outputs: Path, name: str) -> None:
    for number in ("20260101T000000Z-aaaaaa", "20260102T000000Z-bbbbbb"):
        shutil.copytree(older.CONFIRMED.record, outputs / "example" / number)
        (outputs / "example" / number / name).write_text("{")
    assert name in str(error("diff", "20260101", "20260102"))


def test_the_bag_is_checked_by_sha256sum_and_a_flipped_byte_is_found(outputs: Path) -> None:
    bag = outputs.parent / "bag"
    done = call("export", str(bag), "--host", "server-01")
    assert done.output == f"3 records in {bag}\n"
    check = ("sha256sum", "--quiet", "--check", "manifest-sha256.txt")
    assert subprocess.run(check, cwd=bag, check=False).returncode == 0
    tags = ("sha256sum", "--quiet", "--check", "tagmanifest-sha256.txt")
    assert subprocess.run(tags, cwd=bag, check=False).returncode == 0
    assert (bag / "bagit.txt").read_text().startswith("BagIt-Version: 1.0\n")
    (bag / f"data/server-01/{kept.number(1)}/plan.json").write_text("{}")
    failed = subprocess.run(check, cwd=bag, check=False, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "plan.json: FAILED" in failed.stdout
    assert [path.name for path in outputs.parent.iterdir() if path.name.endswith(".half")] == []


def test_the_bag_says_what_is_in_it_as_an_ro_crate(outputs: Path) -> None:
    bag = outputs.parent / "bag"
    call("export", str(bag), kept.number(1))
    told = json.loads((bag / "data/ro-crate-metadata.json").read_text())
    nodes = {node["@id"]: node for node in told["@graph"]}
    assert nodes["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    record = nodes[f"server-01/{kept.number(1)}/"]
    assert record["keywords"] == "CHG-1"
    assert record["author"]["@id"] in nodes
    for part in record["hasPart"]:
        path = bag / "data" / part["@id"]
        assert nodes[part["@id"]]["contentSize"] == str(path.stat().st_size)
    # Every file of the payload is described, and nothing else.
    files = {p.relative_to(bag / "data").as_posix() for p in (bag / "data").rglob("*.*")}
    assert files - {"ro-crate-metadata.json"} <= set(nodes)


def test_a_packed_bag_is_one_file_and_an_old_one_is_not_written_over(outputs: Path) -> None:
    to = outputs.parent / "records.tar.gz"
    call("export", str(to), "--verdict", "confirmed")
    with tarfile.open(to) as archive:
        names = archive.getnames()
    assert "records/manifest-sha256.txt" in names
    assert sorted(p.name for p in outputs.parent.iterdir()) == [
        *("outputs", "params", "records.tar.gz")
    ]
    kept_bytes = to.read_bytes()
    assert "is there already" in str(error("export", str(to)))
    assert to.read_bytes() == kept_bytes


def test_a_record_that_was_exported_verifies_where_it_comes_to(
    outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = outputs.parent / "bag"
    call("export", str(bag), "--host", "server-01")
    home = outputs.parent / "auditor"
    (home / "params").mkdir(parents=True)
    shutil.copytree(bag / "data/server-01", home / "outputs/server-01")
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    assert call("verify").exit_code == 0


def test_one_record_is_printed_into_a_new_file(
    outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = min(path.name for path in (outputs / "server-01").iterdir())
    to = outputs.parent / "record.pdf"
    told = error("export", "--pdf", str(to), change)
    assert "has no executed notebook" in told.what
    assert "runbook archive" in told.then
    assert not to.exists()

    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "## As promised"}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    filed = outputs / "server-01" / change / "notebook.ipynb"
    filed.write_text(json.dumps(notebook))
    monkeypatch.setattr("runbook.views.page.pdf.pdf", lambda page: page.encode())
    assert "no manifest names it" in error("export", "--pdf", str(to), change).what
    later_manifest.join(filed.parent, "notebook", [filed.name])
    filed.write_text(json.dumps(notebook).replace("As promised", "Approved by all"))
    told = error("export", "--pdf", str(to), change)
    assert "not as it was sealed: notebook.ipynb" in told.what
    assert not to.exists()

    filed.write_text(json.dumps(notebook))
    done = call("export", "--pdf", str(to), change)
    assert (done.exit_code, done.output) == (0, f"1 record in {to}\n")
    assert "As promised" in to.read_text()
    assert change in to.read_text()
    assert "it is there already" in error("export", "--pdf", str(to), change).what
    assert call("export", "--pdf", str(outputs.parent / "two.pdf")).exit_code == 2
