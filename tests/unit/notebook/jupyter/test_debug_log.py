"""In a notebook the debug log is a file: a cell's output is part of the record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from tests.unit.notebook.jupyter.kernels import started

from runbook.notebook.jupyter import debug_log

CELL = """
from runbook.transport import local
from runbook.transport.session import RelaySession
session = RelaySession("here", local())
session.request("run", argv=["true"], limit=5.0, timeout=10.0)
session.close()
"""
PATIENCE_S = 60


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def kernel(home: Path, request: pytest.FixtureRequest) -> Iterator[BlockingKernelClient]:
    """A kernel as scripts/ipython_kernel_config.py makes one, with the switch as asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNBOOK_LOG", request.param)
        with started(home) as (_, client):
            yield client


def outputs(kernel: BlockingKernelClient) -> list[str]:
    """The kinds of output that the cell has."""
    found: list[str] = []

    def keep(message: dict[str, str]) -> None:
        if message["msg_type"] not in ("status", "execute_input"):
            found.append(str(message))

    reply = kernel.execute_interactive(CELL, timeout=PATIENCE_S, output_hook=keep)
    assert reply["content"]["status"] == "ok", reply
    return found


@pytest.mark.parametrize("kernel", ["debug"], indirect=True)
def test_the_cell_shows_nothing_and_a_private_file_has_the_log(
    kernel: BlockingKernelClient, home: Path
) -> None:
    assert outputs(kernel) == []
    (path,) = (home / "outputs" / "_debug").iterdir()
    assert "here: run true -> exit status 0, " in path.read_text()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("kernel", [""], indirect=True)
def test_without_the_switch_there_is_no_file(kernel: BlockingKernelClient, home: Path) -> None:
    assert outputs(kernel) == []
    assert not (home / "outputs").exists()


def test_a_folder_that_cannot_be_made_stops_no_kernel(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "outputs").write_text("in the way")
    monkeypatch.setenv("RUNBOOK_LOG", "debug")
    debug_log.load_ipython_extension(None)
    assert logging.getLogger("runbook").handlers == []
