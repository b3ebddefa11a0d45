"""A newcomer's way on: a guest onto the LAN from the inventory, then audit, history, undo, revert.

Each stop is a picture, so that somebody can look at what a newcomer sees there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests import bench
from tests.browser.desk import PATIENCE_MS, answer, at_each_screen, picture, pictures
from tests.browser.started import Desk, ready, run_all, shown, started

# A browser that draws without a graphics card shares two cores with a host that boots.
pytestmark = [pytest.mark.timeout(1200), pytest.mark.thorough]
GUEST, ADDRESS, PASSWORD = "web", "172.16.1.50/16", "lab"
FRONT = ".jp-NotebookPanel:visible"


@pytest.fixture
def desk(fresh_host: str, tmp_path: Path) -> Iterator[Desk]:
    """At the desk, with a host on its bridge and a guest on libvirt's own network."""
    home = bench.make_home(tmp_path)
    for path in (home / "params").iterdir():
        if path.stem != fresh_host:
            path.unlink()
    done = bench.papermill(home, "-p", "host", fresh_host)
    assert done.status == 0, done.said
    bench.lab("guest", "add", fresh_host, GUEST, "--network", "default")
    with started(home) as made:
        yield made


def test_a_guest_from_the_inventory_and_what_each_page_says_comes_next(
    desk: Desk, page: Page
) -> None:
    desk.open(page)
    row = page.locator(f"{FRONT} tr", has_text=bench.HOST).first
    expect(row).to_contain_text(f"{GUEST} (running)", timeout=PATIENCE_MS)
    picture(page, "guest-0-inventory")
    put_the_guest_on_the_lan(page, row)
    for name, notebook, call, says in (
        ("audit", "audit", "nb.record(", "the inventory"),
        ("history", "history", "nb.compare(", "the inventory"),
        ("undo", "undo", "nb.record(", "the inventory"),
    ):
        open_from_the_inventory(page, row, name, notebook)
        run_all(page)
        if name == "undo":
            expect(shown(page, "nb.do(")).to_contain_text("nothing is armed", timeout=PATIENCE_MS)
        expect(shown(page, call).locator(".rb-next")).to_contain_text(says, timeout=PATIENCE_MS)
        looked_at(page, f"guest-5-{name}", call)


def put_the_guest_on_the_lan(page: Page, row: Locator) -> None:
    open_from_the_inventory(page, row, "guests", "guest")
    run_all(page)
    form = page.locator(f"{FRONT} .rb-form").first
    form.get_by_label("guest", exact=True).select_option(label=f"{GUEST}: running")
    form.get_by_label("address", exact=True).fill(ADDRESS)
    expect(form.get_by_role("alert")).to_have_count(0)
    for _ in at_each_screen(page):
        pictures(page, "guest-1-form", form)
    form.get_by_role("button", name="Continue").click()
    prompt = page.locator(f"{FRONT} .jp-Stdin-input")
    answer(page, PASSWORD)
    expect(shown(page, "nb.enter(")).to_contain_text("name servers", timeout=PATIENCE_MS)
    expect(shown(page, "nb.preflight(")).to_contain_text("`nameservers`", timeout=PATIENCE_MS)
    expect(prompt).to_be_visible(timeout=PATIENCE_MS)
    for call, name in (("nb.enter(", "inside"), ("nb.plan(", "plan"), ("nb.preflight(", "found")):
        looked_at(page, f"guest-2-{name}", call)
    answer(page, GUEST)
    panel = page.locator(f"{FRONT} .rb-panel")
    expect(panel).to_contain_text(f"{GUEST} at {ADDRESS}", timeout=PATIENCE_MS)
    picture(page, "guest-3-panel")
    expect(panel).to_contain_text(f"{GUEST} on {bench.HOST}: as promised", timeout=PATIENCE_MS)
    looked_at(page, "guest-4-verify", "nb.verify(")
    expect(shown(page, "nb.finish(").locator(".rb-next")).to_contain_text("the inventory")
    looked_at(page, "guest-4-end", "nb.finish(")


def open_from_the_inventory(page: Page, row: Locator, name: str, notebook: str) -> None:
    page.locator(".lm-TabBar-tab", has_text="desk.ipynb").click()
    row.get_by_role("link", name=name).click()
    tab = page.locator(".lm-TabBar-tab.lm-mod-current", has_text=f"{notebook} · {bench.HOST}")
    tab.wait_for(timeout=PATIENCE_MS)
    ready(page)


def looked_at(page: Page, name: str, call: str) -> None:
    """The cell in each window, light and dark, from its top."""
    for _ in at_each_screen(page):
        pictures(page, name, shown(page, call))
