"""JupyterLab and Notebook 7 on a port of their own, in a real Chromium; nothing else is touched."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from tests import bench
from tests.browser import desk
from tests.browser.desk import PATIENCE_MS, ready

CHROMIUM = "/usr/bin/chromium"
# Chromium's sandbox refuses to run as root, which the lab needs.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


SETTINGS = {
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false"},
    "@jupyterlab/apputils-extension/themes.jupyterlab-settings": {"adaptive-theme": True},
}


@dataclass(frozen=True)
class Lab:
    """A running server, its folder, and the home that the notebook's records go to.

    `front` is where it has its notebooks open: in JupyterLab, or in Notebook 7.
    """

    url: str
    token: str
    folder: Path
    home: Path
    front: desk.Front = "lab/tree"

    def go_to(self, page: Page, name: str) -> None:
        """Open a notebook of the folder."""
        page.goto(f"{self.url}/{self.front}/{name}?token={self.token}")
        ready(page)

    def open(self, page: Page, host: str | None, extra: str = "", **others: object) -> None:
        """The notebook in the page, its parameters filled in as an operator would.

        `extra` is the source of one more cell, which somebody added at its end. With a host
        the parameters cell is open, as one has it who typed the values.
        """
        told = json.loads(bench.NOTEBOOK.read_text())
        for cell in told["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                lines = [_filled(line, {"host": host, **others}) for line in cell["source"]]
                cell["source"] = lines
                if host:
                    del cell["metadata"]["jupyter"]
        if extra:
            told["cells"].append({**told["cells"][-1], "id": "extra", "source": [extra]})
        (self.folder / "routed.ipynb").write_text(json.dumps(told))
        self.go_to(page, "routed.ipynb")


def _filled(line: str, values: Mapping[str, object]) -> str:
    typed, assigned, rest = line.partition(" = None")
    name = typed.partition(":")[0]
    return f"{typed} = {values[name]!r}{rest}" if assigned and name in values else line


@pytest.fixture
def jupyter(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A server of this test's own; its parameter is the front end."""
    home, folder = bench.make_home(tmp_path), tmp_path / "work"
    folder.mkdir()
    front: desk.Front = getattr(request, "param", "lab/tree")
    port, token = _free_port(), secrets.token_hex(16)
    _settle(tmp_path)
    log = (tmp_path / "jupyter.log").open("wb")
    server = subprocess.Popen(
        [
            str(bench.BIN / "jupyter-lab"),
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={folder}",
        ],
        env=_environment(tmp_path, home),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        made = Lab(f"http://127.0.0.1:{port}", token, folder, home, front)
        _wait_for(made, tmp_path / "jupyter.log")
        yield made
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport=desk.ROOMY.size)
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


@pytest.fixture
def fresh_host() -> str:
    """A host as it was installed."""
    bench.fresh()
    return bench.HOST


def _environment(room: Path, home: Path) -> dict[str, str]:
    own = {
        name: str(room / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    path = f"{bench.BIN}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **own, "RUNBOOK_HOME": str(home), "PATH": path}


def _settle(room: Path) -> None:
    """No question about news; and every cell is drawn, so that a test can see it."""
    for name, value in SETTINGS.items():
        file = room / "jupyter_config_dir" / "lab" / "user-settings" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _wait_for(lab: Lab, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{lab.url}/api?token={lab.token}", timeout=2):  # noqa: S310 - http, ours
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())
