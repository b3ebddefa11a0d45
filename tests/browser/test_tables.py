"""Long tables in JupyterLab: one cell brings the script, and every table is served by it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab

FIRST = "from runbook import views\nviews.show(views.page_head())"
TABLE = """\
import pandas as pd
SAID = "<b onclick=alert(1)>x</b> [ $1 = routed ] && [ $2 = started ] || exit 0"
rows = [(f"rule-{n:03}", SAID) for n in range(200)]
frame = pd.DataFrame(rows, columns=["rule", "said"])
views.show(views.table(frame, views.Look("Rules")))
"""
PATIENCE_MS = 60_000
# JupyterLab typesets a moment after it shows; MathJax itself comes with the first such page.
TYPESET_MS = 5_000


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def desk(jupyter: Lab, page: Page, request: pytest.FixtureRequest) -> Page:
    """A notebook whose first cell brings the script and whose last shows a long table."""
    themes = f"{jupyter.url}/lab/api/settings/@jupyterlab/apputils-extension:themes"
    told = {"raw": json.dumps({"theme": request.param})}
    set_to = page.request.put(f"{themes}?token={jupyter.token}", data=told)
    assert set_to.ok, set_to.text()
    sources = [FIRST, *["1 + 1"] * 12, TABLE]
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (jupyter.folder / "long.ipynb").write_text(json.dumps(book))
    page.goto(f"{jupyter.url}/lab/tree/long.ipynb?token={jupyter.token}")
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=PATIENCE_MS)
    return page


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def see_the_table(page: Page) -> None:
    # JupyterLab keeps in the page only the cells that are in view.
    page.wait_for_function(
        """() => {
            const panel = document.querySelector('.jp-WindowedPanel-outer');
            panel.scrollTop = panel.scrollHeight;
            return document.querySelector('.rb-tools');
        }""",
        polling=500,
        timeout=PATIENCE_MS,
    )
    page.locator(".rb-tools").scroll_into_view_if_needed()
    expect(page.locator(".rb-long tbody tr")).to_have_count(200)
    expect(page.locator(".rb-long tbody td").first).to_be_in_viewport()


def test_a_table_can_be_searched_and_sorted_also_after_its_cell_was_run_again(desk: Page) -> None:
    for _ in range(2):
        run_all(desk)
        see_the_table(desk)
        field = desk.get_by_label("Search", exact=True)
        field.fill("rule-12")
        expect(desk.get_by_text("10 of 200 rows shown")).to_be_visible()
        expect(desk.locator(".rb-long tbody tr")).to_have_count(10)
        heading = desk.get_by_role("columnheader", name="rule")
        heading.locator(".dt-column-order").focus()
        desk.keyboard.press("Enter")
        desk.keyboard.press("Enter")
        expect(desk.locator(".rb-long tbody td").first).to_have_text("rule-129")
        assert desk.locator(".rb-long b").count() == 0


def test_the_variables_of_a_script_are_shown_as_they_stand(desk: Page) -> None:
    run_all(desk)
    see_the_table(desk)
    expect(desk.locator(".rb-long tbody td").nth(1)).to_contain_text("[ $1 = routed ] && [ $2 =")
    desk.wait_for_timeout(TYPESET_MS)
    expect(desk.locator(".rb-long tbody td").nth(1)).to_contain_text("[ $1 = routed ] && [ $2 =")
    assert desk.locator("mjx-container").count() == 0


def test_an_accessibility_checker_finds_nothing_wrong_with_it(desk: Page) -> None:
    run_all(desk)
    see_the_table(desk)
    assert_accessible(desk, ".rb")
