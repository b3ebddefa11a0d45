"""What an operator does in JupyterLab, as steps of a test; pictures of what they saw are kept."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Locator, Page, ViewportSize, expect
from playwright.sync_api import TimeoutError as TooLate

PATIENCE_MS = 120_000
SCREEN: ViewportSize = {"width": 1400, "height": 900}
# What JupyterLab leaves of such a screen for the notebook.
VISIBLE_PX = 779
# How the cell of the parameters begins, which is folded.
FOLDED = "host: str"
ARTEFACTS = Path(os.environ.get("RUNBOOK_ARTEFACTS", Path(__file__).parent / "artefacts"))


def ready(page: Page) -> None:
    """Wait until the notebook in front has its cells and its kernel.

    JupyterLab on a busy machine now and then misses its kernel's first word; then the page
    is opened again, as a person does.
    """
    try:
        _ready(page, 30_000)
    except TooLate:
        picture(page, "not-ready")
        page.reload()
        _ready(page, PATIENCE_MS)


def _ready(page: Page, patience_ms: int) -> None:
    page.wait_for_selector(".jp-NotebookPanel:visible .jp-Cell", timeout=patience_ms)
    page.wait_for_selector("text=runbook | Idle", timeout=patience_ms)


def picture(page: Page, name: str) -> None:
    """Keep what is on the screen."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def run_all(page: Page) -> None:
    """The menu's 'Run All Cells'."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def cell(page: Page, call: str) -> Locator:
    """The code cell that holds this call, brought into view."""
    found = page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=call))
    # Playwright's own waits until nothing moves, and an output that is being drawn moves for long.
    found.evaluate("cell => cell.scrollIntoView({block: 'center'})", timeout=PATIENCE_MS)
    return found


def run(page: Page, call: str) -> Locator:
    """Run one cell."""
    if call == FOLDED:
        page.locator(".jp-MarkdownCell", has_text="1. Parameters").click()
        page.keyboard.press("ArrowDown")
        # The parameters, and the folded cell that imports what the others call.
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        return page.locator(".jp-CodeCell").first
    found = cell(page, call)
    found.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    return found


def ended(page: Page, call: str) -> Locator:
    """The cell once it has a number, and so has ended."""
    if call == FOLDED:
        page.wait_for_selector("text=runbook | Idle", timeout=PATIENCE_MS)
        return page.locator(".jp-CodeCell").first
    found = cell(page, call)
    number = found.locator(".jp-InputPrompt").first
    expect(number).to_contain_text("[", timeout=PATIENCE_MS)
    expect(number).not_to_have_text("[*]:", timeout=PATIENCE_MS)
    expect(number).not_to_have_text("[ ]:", timeout=PATIENCE_MS)
    return found


def answer(page: Page, text: str) -> None:
    """Type an answer where a cell asks."""
    prompt = page.locator(".jp-Stdin-input")
    expect(prompt).to_be_visible(timeout=PATIENCE_MS)
    prompt.fill(text)
    prompt.press("Enter")


def restart(page: Page) -> None:
    """The menu's 'Restart Kernel…', and a yes."""
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Restart Kernel…", exact=True).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_timeout(1000)
    page.wait_for_selector("text=runbook | Idle", timeout=60_000)


def reload(page: Page) -> None:
    """The page closed and opened again; the kernel lives on."""
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    page.reload()
    ready(page)


def _fold_parameters(page: Page) -> None:
    """As the notebook comes: a test unfolds them, to fill them in."""
    page.locator(".jp-MarkdownCell", has_text="1. Parameters").click()
    page.keyboard.press("ArrowDown")
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitem", name="Collapse Selected Code").click()
    page.wait_for_timeout(1000)


def screens(page: Page) -> float:
    """How many screens of 1400x900 the notebook in front is long, first cell to last."""
    page.set_viewport_size(SCREEN)
    _fold_parameters(page)
    ends: list[float] = page.evaluate(
        """() => {
            const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
            const boxes = [...panel.querySelectorAll('.jp-Cell')].map(
                one => one.getBoundingClientRect()
            );
            return [Math.min(...boxes.map(box => box.top)),
                    Math.max(...boxes.map(box => box.bottom))];
        }"""
    )
    return (ends[1] - ends[0]) / VISIBLE_PX
