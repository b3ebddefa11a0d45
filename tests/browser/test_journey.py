"""A newcomer's way from an empty inventory: survey, change, record, guests, undo, and no document.

Each stop is a picture, so that somebody can look at what a newcomer sees there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests import bench
from tests.browser.desk import PATIENCE_MS, answer, picture
from tests.browser.started import Desk, choose_host, ready, run_all, shown, started

from runbook.run import record

# A browser that draws without a graphics card shares two cores with a host that boots.
pytestmark = [pytest.mark.timeout(1200), pytest.mark.thorough]


@pytest.fixture
def desk(fresh_host: str, tmp_path: Path) -> Iterator[Desk]:
    """At the desk of a home that knows no host."""
    assert fresh_host == bench.HOST
    home = bench.make_home(tmp_path)
    for path in (home / "params").iterdir():
        path.unlink()
    with started(home) as made:
        yield made


def test_from_an_empty_inventory_to_a_confirmed_change_and_its_record(
    desk: Desk, page: Page
) -> None:
    desk.open(page)
    picture(page, "journey-1-empty")
    survey_the_host(page)
    change_it_by_the_link_at_the_end_of_the_survey(page)
    hosts = back_at_the_inventory(page)
    row = hosts.locator("tr", has_text=bench.HOST)
    expect(row).to_contain_text("on bridge virbr1", timeout=PATIENCE_MS)
    picture(page, "journey-6-inventory")
    told = [record.read(path).told for path in sorted(desk.home.glob("outputs/server-01/*"))]
    assert told[-1] == "as promised"
    row.get_by_role("link", name="guests").click()
    in_its_tab(page, "guest")
    picture(page, "journey-7-guests")
    back_at_the_inventory(page)
    row.get_by_role("link", name="undo").click()
    in_its_tab(page, "undo")
    run_all(page)
    expect(shown(page, "nb.meet")).to_contain_text("no change is armed", timeout=PATIENCE_MS)
    picture(page, "journey-8-undo")
    back_at_the_inventory(page)
    row.get_by_role("link", name="record").click()
    page.wait_for_timeout(5000)
    picture(page, "journey-9-record")


def survey_the_host(page: Page) -> None:
    empty = shown(page, "nb.hosts")
    # The page asks by itself as it opens, and then draws that again.
    expect(empty).to_contain_text("The hosts were asked at", timeout=PATIENCE_MS)
    expect(empty).to_contain_text("There is no host in params/ yet")
    empty.get_by_role("link", name="survey.ipynb").click()
    page.locator(".lm-TabBar-tab.lm-mod-current", has_text="survey").wait_for(timeout=PATIENCE_MS)
    ready(page)
    run_all(page)
    choose_host(page, bench.HOST)
    form = page.locator(".jp-NotebookPanel:visible .rb-form")
    risk = form.get_by_label("I know that the switch port has no BPDU guard")
    expect(risk).to_be_visible(timeout=PATIENCE_MS)
    expect(form.get_by_role("button", name="Continue")).to_be_in_viewport(timeout=PATIENCE_MS)
    picture(page, "journey-2-survey")
    risk.check()
    form.get_by_role("button", name="Continue").click()
    answer(page, bench.HOST)
    expect(shown(page, "nb.write")).to_contain_text("surveyed", timeout=PATIENCE_MS)
    shown(page, "nb.record")
    picture(page, "journey-3-surveyed")


def change_it_by_the_link_at_the_end_of_the_survey(page: Page) -> None:
    shown(page, "nb.record").get_by_role("link").first.click()
    in_its_tab(page, "routed")
    picture(page, "journey-4-change")
    run_all(page)
    prompt = page.locator(".jp-NotebookPanel:visible .jp-Stdin-input")
    expect(prompt).to_be_visible(timeout=PATIENCE_MS)
    picture(page, "journey-4-question")
    answer(page, bench.HOST)
    panel = page.locator(".rb-panel:visible")
    expect(panel).to_contain_text("as promised", timeout=PATIENCE_MS)
    expect(panel).to_be_in_viewport(ratio=0.95)
    picture(page, "journey-5-verdict")


def in_its_tab(page: Page, notebook: str) -> None:
    tab = page.locator(".lm-TabBar-tab.lm-mod-current", has_text=f"{notebook} · {bench.HOST}")
    tab.wait_for(timeout=PATIENCE_MS)
    ready(page)


def back_at_the_inventory(page: Page) -> Locator:
    page.locator(".lm-TabBar-tab", has_text="desk.ipynb").click()
    page.get_by_role("button", name="ask the hosts again").click()
    return shown(page, "nb.hosts").locator("table").first
