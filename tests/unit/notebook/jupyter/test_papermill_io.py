from __future__ import annotations

import ast
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from papermill.iorw import local_file_io_cwd, papermill_io
from papermill.log import logger

from runbook.notebook.jupyter.papermill_io import AtomicHandler

SECRET = "hunter2"  # noqa: S105 - a made-up one


def notebook(**parameters: object) -> dict[str, Any]:
    source = "".join(f"{name} = {value!r}\n" for name, value in parameters.items())
    error = {"output_type": "error", "evalue": f"unknown: {list(parameters.values())}"}
    return {
        "cells": [
            {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "source": source},
            {"cell_type": "code", "metadata": {}, "source": "nb", "outputs": [error]},
        ],
        "metadata": {"papermill": {"parameters": parameters}},
    }


def test_papermill_gives_absolute_paths_to_this_handler(tmp_path: Path) -> None:
    assert papermill_io.get_handler(str(tmp_path / "out.ipynb")) is AtomicHandler


@pytest.mark.parametrize("named", ["out.ipynb", "./out.ipynb", "below/out.ipynb", "{}/out.ipynb"])
def test_a_secret_is_in_no_notebook_that_papermill_writes_wherever_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path)
    text = json.dumps(notebook(host="server-01", password=SECRET))
    with local_file_io_cwd():
        # A run may change the directory; the path is meant from where it began.
        monkeypatch.chdir("/")
        papermill_io.write(text, named.format(tmp_path))
    (written,) = tmp_path.rglob("*.ipynb")
    assert SECRET not in written.read_text()
    assert json.loads(written.read_text())["metadata"]["papermill"]["parameters"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        papermill_io.write(json.dumps(notebook()), str(tmp_path / "none" / "out.ipynb"))


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe, text = tmp_path / "pipe", json.dumps(notebook(password=SECRET))
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        AtomicHandler.write(text, str(pipe))
        assert SECRET not in os.read(reader, 1 << 16).decode()
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_link_still_leads_to_the_notebook(tmp_path: Path) -> None:
    link, there = tmp_path / "out.ipynb", tmp_path / "there.ipynb"
    link.symlink_to(there)
    for text in ("one", "two"):
        AtomicHandler.write(text, str(link))
        assert (link.is_symlink(), there.read_text()) == (True, text)


def test_a_secret_is_in_no_place_of_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.ipynb"
    AtomicHandler.write(json.dumps(notebook(host="server-01", password=SECRET)), str(path))
    written = path.read_text()
    assert SECRET not in written
    assert "server-01" in json.loads(written)["cells"][0]["source"]


def test_without_secrets_the_notebook_is_written_as_it_is(tmp_path: Path) -> None:
    text = json.dumps(notebook(host="server-01"))
    path = tmp_path / "out.ipynb"
    AtomicHandler.write(text, str(path))
    assert AtomicHandler.read(str(path)) == text


def test_a_notebook_is_written_whatever_was_shown_in_it(tmp_path: Path) -> None:
    path, told = tmp_path / "out.ipynb", notebook(host="f\udcfcr")
    AtomicHandler.write(json.dumps(told, ensure_ascii=False), str(path))
    assert json.loads(AtomicHandler.read(str(path))) == told


def test_a_reader_never_sees_half_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.ipynb"
    AtomicHandler.write("old", str(path))

    def no_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_disk)
    with pytest.raises(OSError, match="No space"):
        AtomicHandler.write("new", str(path))
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.ipynb"]


@pytest.mark.parametrize("before", [None, 0o644])
def test_only_its_owner_reads_a_notebook(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / "out.ipynb"
    if before:
        path.write_text("old")
        path.chmod(before)
    AtomicHandler.write("new", str(path))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "parameters",
    [
        {"guests": [{"name": "a", "address": "172.16.1.9/16", "password": SECRET}]},
        {"guests": [{"login": {"tokens": [SECRET, 7]}}]},
        {"note": f"curl -u admin:{SECRET} http://r/"},
        {"wpa-psk": f"it's {SECRET}"},
        {"password": {"of": f'a "{SECRET}"'}},
    ],
)
def test_a_secret_one_level_down_is_in_no_place_either(
    tmp_path: Path, parameters: dict[str, object]
) -> None:
    path = tmp_path / "out.ipynb"
    told = notebook()
    told["metadata"]["papermill"]["parameters"] = parameters
    ((name, value),) = parameters.items()
    name = name.replace("-", "_")
    told["cells"][0]["source"] = f"# Parameters\n{name} = {value!r}\n"
    told["cells"][1]["outputs"][0]["evalue"] = f"unknown: {value}"
    AtomicHandler.write(json.dumps(told), str(path))
    assert SECRET not in path.read_text()
    ast.parse(json.loads(path.read_text())["cells"][0]["source"])


def test_a_secret_is_not_on_standard_output_where_papermill_writes_there(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    papermill_io.write(json.dumps(notebook(password=SECRET)), "-")
    out = capfdbinary.readouterr().out
    assert b"cells" in out
    assert SECRET.encode() not in out


def test_a_secret_is_not_in_the_log_of_papermill(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "papermill"):
        logger.info("a cell printed %s", f"PASSWORD={SECRET}")
    assert "a cell printed PASSWORD=<redacted>" in caplog.text
