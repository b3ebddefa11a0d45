"""An operator in JupyterLab or Notebook 7: what 'Run All Cells' may do, what an answer does."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser import desk
from tests.browser.conftest import Lab

from runbook.run import record
from runbook.state.diff import compare

# A browser that draws without a graphics card shares two cores with a host that boots.
pytestmark = [pytest.mark.timeout(900), pytest.mark.thorough]
# More Tab stops than there are on the way to anything.
MOST_TABS = 80
PROMPT = ".jp-Stdin-input"


def run_all_by_keyboard(page: Page) -> None:
    """The command palette: its shortcut, the command's name, Enter."""
    page.keyboard.press("Control+Shift+c")
    expect(page.locator(".lm-CommandPalette-input:visible")).to_be_focused(timeout=desk.PATIENCE_MS)
    page.keyboard.type("Run All Cells")
    expect(page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text("Run All Cells")
    page.keyboard.press("Enter")


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until what this selector names has the focus."""
    expect(page.locator(wanted).last).to_be_visible(timeout=desk.PATIENCE_MS)
    for _ in range(MOST_TABS):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{MOST_TABS} times Tab, and {wanted} has not the focus")


def type_an_answer(page: Page, text: str) -> None:
    """Where a cell asks: the front end puts the focus there by itself."""
    expect(page.locator(PROMPT)).to_be_focused(timeout=desk.PATIENCE_MS)
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def cells(page: Page) -> int:
    return page.locator(".jp-Notebook .jp-Cell").count()


def runs(home: Path) -> list[record.RunRecord]:
    return [record.read(path) for path in sorted(home.glob("outputs/*/*"))]


def choose_by_keyboard(page: Page, host: str) -> None:
    """The list of hosts: its entry by its first letters, then the button below."""
    tab_to(page, ".rb-form select")
    page.keyboard.type(host)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


@desk.fronts
def test_a_whole_change_by_the_keyboard_alone_and_nothing_before_the_host_s_name_is_typed(
    fresh_host: str, jupyter: Lab, page: Page
) -> None:
    before = bench.snapshot()
    jupyter.open(page, None)
    whole = cells(page)
    run_all_by_keyboard(page)
    choose_by_keyboard(page, fresh_host)
    # The letters of a host's name are JupyterLab's shortcuts: to cut a cell, to insert one.
    assert cells(page) == whole
    expect(page.locator(PROMPT)).to_be_focused(timeout=desk.PATIENCE_MS)
    expect(desk.cell(page, "nb.arm(")).to_contain_text("your answer starts all cells below")
    page.wait_for_timeout(2000)
    assert str(compare(before, bench.snapshot())) == ""
    assert bench.on_host("sh", "-c", "ls -A /var/lib | grep -c runbook || true").strip() == "0"
    (halted,) = runs(jupyter.home)
    assert any(line.endswith("Preflight: done") for line in halted.journal)
    # The question has no answer yet, and the record says so.
    assert halted.told.startswith("waits for a person's answer")
    assert halted.journal[-1].endswith("Waiting for a person's answer: begins")
    type_an_answer(page, "yes")
    verdict = page.locator(".rb-verdict")
    expect(verdict).to_contain_text("planned only", timeout=desk.PATIENCE_MS)
    assert [run.told for run in runs(jupyter.home)] == ["planned only"]
    assert str(compare(before, bench.snapshot())) == ""

    page.wait_for_selector(desk.IDLE, timeout=desk.PATIENCE_MS)
    run_all_by_keyboard(page)
    choose_by_keyboard(page, fresh_host)
    expect(verdict).to_have_count(0, timeout=desk.PATIENCE_MS)
    type_an_answer(page, fresh_host)
    tab_to(page, ".rb-panel button:not(:disabled)")
    desk.picture(page, "keyboard-panel")
    expect(verdict).to_contain_text("as promised", timeout=desk.PATIENCE_MS)
    assert [run.told for run in runs(jupyter.home)] == ["planned only", "as promised"]
    assert "dev virbr1" in bench.on_host("ip", "route", "show", "default")
    files = desk.cell(page, "nb.finish(").locator("details tr")
    assert "plan.json" in str(files.filter(has_text="plan.json").locator("a").get_attribute("href"))
    page.keyboard.press("Control+s")
    tab_to(page, "button[title^='File this notebook']")
    page.keyboard.press("Enter")
    # JupyterLab makes the link one of its server's, with a query after the name.
    tab_to(page, "a[href*='/notebook.html?']")
    desk.picture(page, "keyboard-filed")
