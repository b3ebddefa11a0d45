"""A record's page: verdict and way back on the first screen, and on paper nothing is cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.browser import desk
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.unit.records import kept

from runbook import views
from runbook.notebook.jupyter.executed_notebook import told_truly
from runbook.records.card import ended
from runbook.records.manifest import load
from runbook.run.record import CARD_MIME, MIME
from runbook.views import Look
from runbook.views.page.document import page as made_page
from runbook.views.page.pdf import pdf

# The room of a sheet of A4, landscape, without its margins.
PAPER = (1047, 695)
SCREENS = {"desk": (1366, 768), "phone": (390, 844), "paper": PAPER}
LONG = "/var/lib/runbook/20260301T120000Z-abc123/originals/etc/network/interfaces.d/" * 4
CUT_OFF = """() => [...document.querySelectorAll('.rb td, .rb th, .rb pre')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && one.offsetParent)
    .map(one => one.textContent.slice(0, 60))"""


def shown(*pictures: views.Picture, **data: object) -> list[dict[str, object]]:
    made: list[dict[str, object]] = [
        {"text/plain": p.text, "text/html": p.html(), **data} for p in pictures
    ]
    return [{"output_type": "display_data", "metadata": {}, "data": one} for one in made]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The page of a confirmed change, with a wide table and a fold below its first page."""
    folder = kept.sealed(tmp_path / "outputs", 1)
    card = ended(load(folder).predicate, str(folder), "f" * 64)
    rows = pd.DataFrame([(n, LONG, LONG, "the last column") for n in range(40)])
    wide = views.table(rows.rename(columns=str), Look("Steps"))
    outputs = [
        *shown(views.note("as promised"), **{CARD_MIME: card.as_dict(), MIME: {"exit": 0}}),
        *shown(wide, views.fold("The undo script", views.note("what was folded"))),
    ]
    code = {"cell_type": "code", "execution_count": 1, "metadata": {}, "id": "x"}
    text = {"cell_type": "markdown", "metadata": {}, "id": "y", "source": "# The change\n\n" + LONG}
    cells = [text, {**code, "source": "import runbook.notebook", "outputs": outputs}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "notebook.html"
    path.write_text(made_page(told_truly(json.dumps(notebook), over=True), "server-01: a change"))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, record: Path) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(record.as_uri())
    yield page
    page.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_verdict_and_way_back_are_on_the_first_screen(page: Page, screen: str) -> None:
    width, height = SCREENS[screen]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(media="print" if screen == "paper" else "screen")
    desk.picture(page, f"first-screen-{screen}")
    for words in ("As promised", f"/var/lib/runbook/{kept.number(1)}/undo"):
        place = page.get_by_text(words).first.bounding_box()
        assert place
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= height, words
        assert place["x"] + place["width"] <= width, words


def test_on_paper_nothing_is_folded_or_cut_off_and_there_is_no_search_box(page: Page) -> None:
    page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
    expect(page.get_by_label("Search", exact=True)).to_be_visible()
    expect(page.get_by_text("what was folded")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.get_by_text("what was folded")).to_be_visible()
    expect(page.get_by_label("Search", exact=True)).to_be_hidden()
    expect(page.get_by_text("the last column").last).to_be_visible()
    assert page.evaluate(CUT_OFF) == []
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.get_by_text("what was folded")).to_be_hidden()


def test_the_first_sheet_of_the_pdf_has_verdict_and_way_back(record: Path) -> None:
    first, *more = words(record.read_text())
    assert more
    assert "As promised" in first
    # A path may go on in the next line.
    assert f"/var/lib/runbook/{kept.number(1)}/undo" in "".join(first.split())
    assert "server-01: a change" in first
    assert f"page 1 of {len(more) + 1}" in first
    assert "what was folded" in " ".join(more)
    assert pdf(record.read_text()).startswith(b"%PDF")


def words(html: str) -> list[str]:
    """What each sheet says, by the program that makes the PDF."""
    import weasyprint  # noqa: PLC0415 - slow, and of this test alone

    pages = weasyprint.HTML(string=html).render().pages
    texts = [[getattr(box, "text", "") for box in page._page_box.descendants()] for page in pages]  # noqa: SLF001 - there is no other way to read a sheet
    return [" ".join(filter(None, text)) for text in texts]
