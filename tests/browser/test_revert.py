"""A confirmed change is taken back from its row in the inventory, in both front ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser.axe import assert_accessible
from tests.browser.desk import (
    PATIENCE_MS,
    answer,
    at_each_screen,
    measured,
    pictures,
    see_nothing_cut_off,
    see_nothing_typeset,
)
from tests.browser.started import Desk, ready, run_all, shown, started

from runbook.run import record
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

# A browser that draws without a graphics card shares two cores with a host that boots.
pytestmark = [pytest.mark.timeout(1200), pytest.mark.thorough]


@pytest.fixture
def before(fresh_host: str) -> Snapshot:
    """The host before the change."""
    assert fresh_host == bench.HOST
    return bench.snapshot()


@pytest.fixture
def desk(before: Snapshot, tmp_path: Path) -> Iterator[Desk]:
    """At the desk of a home whose host has a confirmed change."""
    assert before
    home = bench.make_home(tmp_path)
    for name in ("server-02", "server-03", "example"):
        (home / "params" / f"{name}.yaml").unlink()
    done = bench.papermill(home, "-p", "host", bench.HOST)
    assert done.status == 0, done.said
    with started(home) as made:
        yield made


def opened_by_the_button(desk: Desk, page: Page, front: str) -> Page:
    """The revert's notebook: in a tab of JupyterLab, or in another page of the browser."""
    page.goto(desk.url if front == "lab" else desk.in_notebook_7)
    row = page.locator(".jp-NotebookPanel:visible tr", has_text=bench.HOST).first
    expect(row).to_contain_text("on bridge virbr1", timeout=PATIENCE_MS)
    button = row.get_by_role("link", name="revert")
    if front == "lab":
        button.click()
        tab = page.locator(".lm-TabBar-tab.lm-mod-current", has_text=f"revert · {bench.HOST}")
        tab.wait_for(timeout=PATIENCE_MS)
    else:
        with page.context.expect_page() as opened:
            button.click()
        page = opened.value
        page.set_default_timeout(PATIENCE_MS)
    ready(page)
    return page


@pytest.mark.parametrize("front", ["lab", "notebook"])
def test_a_button_of_the_row_leads_to_the_revert_and_it_is_made_after_the_name_is_typed(
    before: Snapshot, desk: Desk, page: Page, front: str
) -> None:
    page = opened_by_the_button(desk, page, front)
    run_all(page)
    prompt = page.locator(".jp-Stdin-input")
    expect(prompt).to_be_visible(timeout=PATIENCE_MS)
    # Until then only the host was read.
    assert "dev virbr1" in bench.on_host("ip", "route", "show", "default")
    for _ in at_each_screen(page):
        shown(page, "nb.plan")
        see_nothing_cut_off(page, ".rb-plan")
        pictures(page, "revert-planned")
    assert_accessible(page, ".jp-OutputArea-output .rb")
    answer(page, bench.HOST)
    answered = time.monotonic()
    verdict = page.locator(".rb-verdict")
    expect(verdict).to_contain_text("as promised", timeout=PATIENCE_MS)
    panel = page.locator(".rb-panel:visible")
    expect(panel).to_be_in_viewport(ratio=0.95)
    measured("from the answer to the verdict of a revert", time.monotonic() - answered)
    for _ in at_each_screen(page):
        pictures(page, "revert-verdict")
    assert_accessible(page, ".jp-OutputArea-output .rb")
    see_nothing_typeset(page)
    assert "dev enp4s0f0" in bench.on_host("ip", "route", "show", "default")
    assert str(compare(before, bench.snapshot())) == ""
    told = [record.read(path).told for path in sorted(desk.home.glob("outputs/server-01/*"))]
    assert told == ["as promised", "as promised"]
