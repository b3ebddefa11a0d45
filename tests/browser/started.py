"""`runbook desk` as its operator starts it; nothing of the user's own is read or written."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page
from tests import bench
from tests.browser.desk import PATIENCE_MS, ready, run_all

ADDRESS = re.compile(
    r"http://127\.0\.0\.1:\d+/lab/workspaces/\w+/tree/(\S+)/desk\.ipynb\?token=(\w+)"
)
ENDS_WITHIN_S = 60
# On a machine that boots hosts beside it; 4 s on one that does nothing else.
STARTS_WITHIN_S = 240


@dataclass(frozen=True)
class Desk:
    """A desk that runs: its process, its home, and the address that it printed."""

    process: subprocess.Popen[bytes]
    home: Path
    url: str
    folder: Path
    token: str
    began: float = field(default_factory=time.monotonic)

    @property
    def in_notebook_7(self) -> str:
        """The same page in Notebook 7."""
        return re.sub(r"/lab/workspaces/\w+/tree/", "/notebooks/", self.url)

    def open(self, page: Page) -> None:
        """Go to the address, as one does who reads it in the terminal."""
        page.goto(self.url)
        ready(page)

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(ENDS_WITHIN_S)


@contextmanager
def started(home: Path) -> Iterator[Desk]:
    """A desk of this home, on whatever port is free."""
    # What is started in the background may ignore it, and would hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = home.parent / "desk.log"
    began = time.monotonic()
    environment = {**bench.environment(home), "HOME": str(home.parent)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(bench.BIN / "runbook"), "desk", "--port", "0"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        found = _address(log, process)
        yield Desk(process, home, found[0], home / found[1], found[2], began)
    finally:
        process.kill()
        process.wait(ENDS_WITHIN_S)


def _address(log: Path, process: subprocess.Popen[bytes]) -> re.Match[str]:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        if found := ADDRESS.search(log.read_text()):
            return found
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def follow(page: Page, words: str) -> None:
    """Open a notebook by its link in the one in front."""
    page.locator(".jp-NotebookPanel:visible .jp-MarkdownOutput a", has_text=words).first.click()
    page.locator(".lm-TabBar-tab.lm-mod-current", has_text=words).wait_for(timeout=60_000)
    ready(page)


def choose_host(page: Page, host: str) -> None:
    """Answer the cell that asks which host is meant: by its entry in the list, or by its name."""
    asks = page.locator(".jp-NotebookPanel:visible .rb-form").first
    button = asks.get_by_role("button", name="Continue")
    button.wait_for(timeout=PATIENCE_MS)
    if (chosen := asks.locator("select")).count():
        chosen.select_option(host)
        button.click()
    else:
        asks.locator("input").fill(host)
        asks.locator("input").press("Enter")


def run_up_to(page: Page, call: str) -> None:
    """Run every cell above the one that holds this call, and then that one."""
    shown(page, call).locator(".jp-InputArea-editor").click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Above Selected Cell").click()
    shown(page, call).locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")


def shown(page: Page, call: str) -> Locator:
    """The code cell of the notebook in front that holds this call."""
    cells = page.locator(".jp-NotebookPanel:visible .jp-CodeCell")
    found = cells.filter(has=page.locator(".jp-InputArea", has_text=call))
    found.scroll_into_view_if_needed()
    return found


__all__ = ["Desk", "choose_host", "follow", "ready", "run_all", "run_up_to", "shown", "started"]
