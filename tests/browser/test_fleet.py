"""A person plans for many hosts in JupyterLab: the form, its mistakes, the table, no change."""

from __future__ import annotations

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
    pictures,
    see_nothing_cut_off,
)
from tests.browser.started import Desk, follow, run_all, shown, started


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """At the desk of a home with the recorded host."""
    with started(bench.make_home(tmp_path)) as made:
        yield made


def test_a_person_chooses_hosts_and_approves_none(desk: Desk, page: Page) -> None:
    desk.open(page)
    follow(page, "fleet.ipynb")
    run_all(page)
    form = page.locator(".jp-NotebookPanel:visible .rb-form").first
    go_on = form.get_by_role("button", name="Continue")
    go_on.wait_for(timeout=PATIENCE_MS)
    go_on.click()
    expect(form).to_contain_text("no host is named")
    form.get_by_label("hosts", exact=True).fill("example")
    form.get_by_label("batch", exact=True).fill("all")
    go_on.click()
    expect(form).to_contain_text("a batch of 'all' hosts cannot be made")
    form.get_by_label("batch", exact=True).fill("2")
    for _ in at_each_screen(page):
        go_on.scroll_into_view_if_needed()
        see_nothing_cut_off(page, ".rb-form")
        pictures(page, "fleet-form")
    assert_accessible(page, ".rb-form")
    go_on.click()
    expect(shown(page, "nb.plan")).to_contain_text("planned", timeout=PATIENCE_MS)
    # The question itself, as JupyterLab draws it.
    page.locator(".jp-Stdin-input").wait_for(timeout=PATIENCE_MS)
    assert_accessible(page, ".jp-Stdin")
    answer(page, "no")
    expect(shown(page, "nb.change")).to_contain_text("No host is changed", timeout=PATIENCE_MS)
    expect(shown(page, "nb.record")).to_contain_text("The summary of this fleet run")
    for _ in at_each_screen(page):
        shown(page, "nb.plan")
        pictures(page, "fleet-planned")
    assert_accessible(page, ".jp-OutputArea-output .rb")
    (run,) = (desk.home / "outputs" / "_fleet").iterdir()
    assert (run / "index.html").is_file()
