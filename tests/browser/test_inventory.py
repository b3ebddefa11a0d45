"""The inventory in a narrow window and in both front ends; no host is needed for that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.bench import thorough
from tests.browser import desk as steps
from tests.browser.axe import assert_accessible
from tests.browser.started import Desk, started

from runbook.records.begin import About, begin
from runbook.run import record
from runbook.run.record import Ending, Outcome

# A browser that draws without a graphics card is slow beside hosts that boot.
pytestmark = pytest.mark.timeout(600)
HOST, CHANGE = "example", "20260301T120000Z-abc123"
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """At the desk of a home with a recording, a file that is not right, and a confirmed change."""
    home = bench.make_home(tmp_path)
    for path in (home / "params").glob("server-*.yaml"):
        path.unlink()
    (home / "params/odd.yaml").write_text("gatway: 172.16.0.1\n")
    kept = record.create(home / "outputs", HOST, CHANGE)
    begin(kept, About("change", HOST, HOST, CHANGE), WHEN)
    kept.end(Outcome(Ending.AS_PROMISED, HOST, CHANGE, "ann@desk", WHEN, "as asked"))
    with started(home) as made:
        yield made


def kernels(page: Page, desk: Desk) -> int:
    """How many run: one for each notebook that somebody opened."""
    address = desk.url.partition("/lab/")[0]
    answer = page.request.get(f"{address}/api/kernels?token={desk.token}")
    assert answer.ok, answer.text()
    return len(answer.json())


@pytest.mark.thorough
@pytest.mark.parametrize("front", ["lab", thorough("notebook")])
def test_a_narrow_window_asks_by_itself_and_has_every_button_in_reach(
    desk: Desk, page: Page, front: str
) -> None:
    page.set_viewport_size(steps.NARROW.size)
    page.goto(desk.url if front == "lab" else desk.in_notebook_7)
    row = page.locator(".jp-NotebookPanel tr", has_text=HOST).first
    expect(row.get_by_role("link", name="change")).to_be_in_viewport(timeout=steps.PATIENCE_MS)
    steps.measured("from `runbook desk` to a clickable inventory", time.monotonic() - desk.began)
    # Nobody pressed anything.
    asked = page.get_by_text("The hosts were asked at")
    expect(asked).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.measured("from `runbook desk` to hosts that were asked", time.monotonic() - desk.began)
    assert kernels(page, desk) == 1
    for _ in steps.at_each_screen(page):
        steps.picture(page, "inventory-top")
        for name in ("survey", "change", "guests", "undo", "record", "revert"):
            row.get_by_role("link", name=name).scroll_into_view_if_needed()
        steps.see_nothing_cut_off(page, ".rb-links")
        steps.pictures(page, "inventory")
    assert_accessible(page, ".jp-OutputArea-output .rb")
    steps.see_nothing_typeset(page)
    button = row.get_by_role("link", name="revert")
    if front == "notebook":
        with page.context.expect_page() as opened:
            button.click()
        page = opened.value
    else:
        button.click()
    expect(page.locator("h1:visible", has_text="Take a confirmed change back")).to_be_visible(
        timeout=steps.PATIENCE_MS
    )
    steps.picture(page, "inventory-revert")
    steps.ready(page)
    assert kernels(page, desk) == 2
    copy = desk.folder / HOST / f"revert · {HOST}.ipynb"
    assert f'host: str = \\"{HOST}\\"' in copy.read_text()


@pytest.mark.parametrize("front", ["lab", thorough("notebook")])
def test_a_host_that_was_added_and_a_new_record_appear_by_themselves(
    desk: Desk, page: Page, front: str
) -> None:
    page.goto(desk.url if front == "lab" else desk.in_notebook_7)
    asked = page.get_by_text("The hosts were asked at")
    expect(asked).to_be_visible(timeout=steps.PATIENCE_MS)
    add = page.locator(".jp-OutputArea-output").get_by_role("link", name="add a host")
    expect(add).to_be_in_viewport()
    params = desk.home / "params"
    (params / "new.yaml").write_text((params / "example.yaml").read_text())
    hosts = page.locator("table", has=page.get_by_text("The hosts of params/"))
    row = hosts.locator("tr", has=page.get_by_text("new", exact=True))
    # Nobody pressed anything.
    expect(row.get_by_role("link", name="change")).to_be_visible(timeout=60_000)
    steps.picture(page, "inventory-added")
    if front == "notebook":
        return
    add.click()
    expect(page.locator("h1:visible", has_text="Look at a host")).to_be_visible(
        timeout=steps.PATIENCE_MS
    )
    later = "20260302T120000Z-abc124"
    kept = record.create(desk.home / "outputs", "new", later)
    begin(kept, About("survey", "new", "new", later), WHEN)
    kept.end(Outcome(Ending.LOOKED, "new", later, "ann@desk", WHEN, "as asked"))
    page.locator(".lm-TabBar-tab", has_text="desk.ipynb").click()
    expect(row).to_contain_text("only looked", timeout=60_000)
    # What has not changed is not asked again.
    told = asked.inner_text()
    page.wait_for_timeout(12_000)
    assert asked.inner_text() == told
