"""A person plans for many hosts in JupyterLab: the form, its mistakes, the table, no change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser.desk import PATIENCE_MS, answer, picture
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
    picture(page, "fleet-form")
    go_on.click()
    expect(shown(page, "nb.plan")).to_contain_text("planned", timeout=PATIENCE_MS)
    answer(page, "no")
    expect(shown(page, "nb.change")).to_contain_text("No host is changed", timeout=PATIENCE_MS)
    expect(shown(page, "nb.record")).to_contain_text("The summary of this fleet run")
    picture(page, "fleet-planned")
    (run,) = (desk.home / "outputs" / "_fleet").iterdir()
    assert (run / "index.html").is_file()
