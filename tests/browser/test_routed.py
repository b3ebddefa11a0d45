"""An operator in JupyterLab: what 'Run All Cells' may do, what is asked, what an answer does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser.conftest import Lab

from runbook.run import record
from runbook.state.diff import compare

PATIENCE_MS = 120_000


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def runs(home: Path) -> list[record.RunRecord]:
    return [record.read(path) for path in sorted(home.glob("outputs/*/*"))]


def see_the_form(page: Page) -> None:
    select = page.get_by_label("interface")
    # JupyterLab draws only the cells that are in view.
    select.scroll_into_view_if_needed()
    expect(select).to_be_visible()
    expect(select.locator("option")).to_have_text([re.compile(r"^enp4s0f0:\s172\.16\.1\.1/16")])
    boxes = page.locator(".widget-text input, .widget-combobox input").all()
    values = [box.input_value() for box in boxes]
    assert values == ["172.16.1.1/16", "172.16.0.1", "routed", "virbr1", "own"]


@pytest.mark.thorough
def test_run_all_halts_at_the_question_and_the_host_s_name_lets_it_go_on(
    fresh_host: str, jupyter: Lab, page: Page
) -> None:
    before = bench.snapshot()
    jupyter.open(page, fresh_host)
    run_all(page)
    prompt = page.locator(".jp-Stdin-input")
    expect(prompt).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_timeout(3000)
    assert str(compare(before, bench.snapshot())) == ""
    assert bench.on_host("sh", "-c", "ls -A /var/lib | grep -c runbook || true").strip() == "0"
    (halted,) = runs(jupyter.home)
    assert "Preflight: done" in halted.told
    see_the_form(page)

    prompt.fill(fresh_host)
    prompt.press("Enter")
    expect(page.locator(".rb-verdict")).to_contain_text("as promised", timeout=PATIENCE_MS)
    assert [run.told for run in runs(jupyter.home)] == ["as promised"]
    assert "dev virbr1" in bench.on_host("ip", "route", "show", "default")


@pytest.mark.thorough
def test_any_other_answer_writes_nothing(fresh_host: str, jupyter: Lab, page: Page) -> None:
    before = bench.snapshot()
    jupyter.open(page, fresh_host)
    run_all(page)
    prompt = page.locator(".jp-Stdin-input")
    expect(prompt).to_be_visible(timeout=PATIENCE_MS)
    prompt.fill("yes")
    prompt.press("Enter")
    expect(page.locator(".rb-verdict")).to_contain_text("planned only", timeout=PATIENCE_MS)
    assert [run.told for run in runs(jupyter.home)] == ["planned only"]
    assert str(compare(before, bench.snapshot())) == ""
