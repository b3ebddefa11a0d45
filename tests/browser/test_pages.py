"""The archived page in real Chromium, opened as a file and without a network."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests import bench
from tests.browser.axe import assert_accessible
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.unit import hosts

from runbook import views
from runbook.views import Look, Picture
from runbook.views.page.document import page as made_page

ROWS = 300
NASTY = "<script>window.evil=1</script><img src=x onerror='window.evil=2'>"
# Each text that sticks out of the box it is in, by more than a rounding.
STICKING_OUT = """() => [...document.querySelectorAll('svg g')].flatMap(group => {
    const box = group.querySelector(':scope > .rb-box');
    if (!box) return [];
    const room = box.getBBox();
    return [...group.querySelectorAll('text')]
        .filter(text => !text.previousElementSibling?.matches('.rb-badge'))
        .map(text => [text.textContent, text.getBBox()])
        .filter(([, is]) => is.x < room.x - 1 || is.x + is.width > room.x + room.width + 1)
        .map(([words]) => words);
})"""
# Long enough for a browser to draw what it has, and to run what waits for that.
A_DRAWING_S = 0.5
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
SORT = ".dt-column-order"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a notebook that was rehearsed on the recorded host."""
    room = tmp_path_factory.mktemp("rehearsed")
    done = bench.papermill(bench.make_home(room), "-p", "host", "example")
    assert done.status == 0, done.said
    return _filed(room, done.out.read_text())


@pytest.fixture
def long_table(tmp_path: Path) -> Path:
    """The page of a notebook with one long table, in which a host says nasty things."""
    rows = [(f"rule-{n:03}", (n * 7) % ROWS, NASTY if n == 5 else "plain") for n in range(ROWS)]
    frame = pd.DataFrame(rows, columns=["rule", "packets", "said"])
    return _filed(tmp_path, notebook(views.table(frame, Look("Rules"))))


def notebook(*pictures: Picture, **more: object) -> str:
    """An executed notebook that shows these; `more` stands beside each, by its type."""
    data = [{"text/plain": repr(p), "text/html": p.html(), **more} for p in pictures]
    shown = [{"output_type": "display_data", "metadata": {}, "data": d} for d in data]
    code = {"cell_type": "code", "execution_count": 1, "outputs": shown, "source": "nb.look()"}
    cells = [{**code, "metadata": {}, "id": "x"}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _filed(room: Path, text: str) -> Path:
    path = room / "notebook.html"
    path.write_text(made_page(text, "a change"))
    return path


@contextmanager
def opened(
    browser: Browser, path: Path, *, scripts: bool = True, dark: bool = False
) -> Iterator[Page]:
    """The page, with nothing left in its console once it was looked at."""
    said: list[str] = []
    context = browser.new_context(
        java_script_enabled=scripts, color_scheme="dark" if dark else "light", offline=True
    )
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url) if asked.url != path.as_uri() else None)
    page.goto(path.as_uri())
    yield page
    context.close()
    assert said == []


def first_cells(page: Page) -> list[str]:
    return page.locator(".rb-long tbody tr td:first-child").all_inner_texts()


def test_without_scripts_every_row_is_there(browser: Browser, long_table: Path) -> None:
    with opened(browser, long_table, scripts=False) as page:
        assert first_cells(page) == [f"rule-{n:03}" for n in range(ROWS)]
        expect(page.get_by_role("table", name=f"Rules: {ROWS} rows")).to_be_visible()
        assert page.get_by_role("searchbox").count() == 0


def test_a_word_leaves_the_rows_that_hold_it_and_says_how_many(
    browser: Browser, long_table: Path
) -> None:
    with opened(browser, long_table) as page:
        page.get_by_label("Search", exact=True).fill("rule-12")
        assert first_cells(page) == [f"rule-{n}" for n in range(120, 130)]
        expect(page.get_by_text(f"10 of {ROWS} rows shown")).to_be_visible()
        page.get_by_label("Search", exact=True).fill("")
        page.get_by_label("only rows whose packets holds").fill("299")
        assert first_cells(page) == ["rule-257"]


def test_the_fields_of_the_columns_are_no_tab_stops(browser: Browser, long_table: Path) -> None:
    with opened(browser, long_table) as page:
        fields = page.locator(".rb-filters input")
        expect(fields).to_have_count(3)
        page.get_by_label("Search", exact=True).focus()
        for _ in range(8):
            page.keyboard.press("Tab")
            assert not page.evaluate("document.activeElement.matches('.rb-filters input')")


@contextmanager
def served_slowly(path: Path, halt: str) -> Iterator[str]:
    """An address that sends the page up to there, and the rest of it when that has been drawn."""
    head, found, tail = path.read_bytes().partition(halt.encode())
    assert found

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(head)
            self.wfile.flush()
            time.sleep(A_DRAWING_S)
            self.wfile.write(found + tail)

    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_table_that_is_half_there_when_the_page_is_first_drawn_is_whole_in_the_end(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "as nbconvert writes it.html"
    rows = pd.DataFrame({"rule": [f"rule-{n:03}" for n in range(ROWS)]})
    shown = [views.page_head(), views.table(rows, Look("Rules"))]
    path.write_text(f"<!doctype html><body>{''.join(picture.html() for picture in shown)}</body>")
    page = browser.new_page()
    with served_slowly(path, "<td>rule-150</td>") as address:
        page.goto(address)
    assert first_cells(page) == [f"rule-{n:03}" for n in range(ROWS)]
    page.get_by_label("Search", exact=True).fill("rule-29")
    expect(page.get_by_text(f"10 of {ROWS} rows shown")).to_be_visible()
    page.close()


def test_a_column_sorts_by_key_and_says_which_way(browser: Browser, long_table: Path) -> None:
    with opened(browser, long_table) as page:
        assert first_cells(page)[:2] == ["rule-000", "rule-001"]
        heading = page.get_by_role("columnheader", name="packets")
        heading.locator(SORT).focus()
        page.keyboard.press("Enter")
        expect(heading).to_have_attribute("aria-sort", "ascending")
        assert first_cells(page)[:3] == ["rule-000", "rule-043", "rule-086"]
        page.keyboard.press("Enter")
        expect(heading).to_have_attribute("aria-sort", "descending")
        assert first_cells(page)[0] == "rule-257"


def test_what_a_host_said_does_not_run_whatever_is_done_with_its_table(
    browser: Browser, long_table: Path
) -> None:
    with opened(browser, long_table) as page:
        page.get_by_label("Search", exact=True).fill("onerror")
        expect(page.locator(".rb-long tbody")).to_contain_text("<script>window.evil=1</script>")
        page.get_by_role("columnheader", name="said").locator(SORT).click()
        assert page.evaluate("window.evil") is None
        assert page.locator(".rb-long img").count() == 0


@pytest.mark.parametrize(
    "nasty",
    [
        "<script>window.evil=1</script>",
        "<img src=x onerror=window.evil=1>",
        "<b onclick='window.evil=1' class=hit>hit</b>",
        "<a class=hit href='javascript:window.evil=1'>hit</a>",
        "<svg class=hit onload=window.evil=1><text onclick=window.evil=1>hit</text></svg>",
    ],
)
def test_markup_that_came_into_a_notebook_does_not_run_even_where_nothing_was_cut_out(
    browser: Browser, tmp_path: Path, nasty: str
) -> None:
    cut = _filed(tmp_path, notebook(Picture(f"<p>{nasty}</p>", "x")))
    whole = tmp_path / "whole.html"
    whole.write_text(_filed(tmp_path, notebook()).read_text().replace("</main>", f"{nasty}</main>"))
    for path in (cut, whole):
        with opened_quietly(browser, path) as page:
            for hit in page.locator(".hit").all():
                hit.click(timeout=2000)
            page.wait_for_timeout(200)
            assert page.evaluate("window.evil") is None


@contextmanager
def opened_quietly(browser: Browser, path: Path) -> Iterator[Page]:
    page = browser.new_page(offline=True)
    page.goto(path.as_uri())
    yield page
    page.close()


def test_an_output_of_a_widget_shows_the_picture_beside_it(
    browser: Browser, tmp_path: Path
) -> None:
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "gone", "version_major": 2}}
    path = _filed(tmp_path, notebook(views.card([("bridge", "virbr1")], "Chosen"), **widget))
    for scripts in (True, False):
        with opened(browser, path, scripts=scripts) as page:
            expect(page.get_by_role("table", name="Chosen")).to_contain_text("virbr1")
            assert "model_id" not in page.content()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_an_accessibility_checker_finds_nothing_wrong_with_a_rehearsal(
    browser: Browser, rehearsed: Path, *, dark: bool
) -> None:
    with opened(browser, rehearsed, dark=dark) as page:
        assert_accessible(page)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert_accessible(page)


def test_the_page_follows_the_reader_s_colour_scheme(browser: Browser, rehearsed: Path) -> None:
    with opened(browser, rehearsed) as light, opened(browser, rehearsed, dark=True) as dark:
        colours = [page.evaluate(BACKGROUND) for page in (light, dark)]
    assert colours == ["rgb(255, 255, 255)", "rgb(17, 17, 17)"]


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    """The page of a notebook with the wiring before, and after against before."""
    before = views.wiring(hosts.before(), hosts.OWN)
    after = views.wiring(hosts.after(), hosts.OWN, hosts.before())
    return _filed(tmp_path, notebook(before, after))


def test_a_screen_reader_is_told_the_wiring_in_sentences(browser: Browser, drawings: Path) -> None:
    with opened(browser, drawings) as page:
        shown = page.get_by_role("img", name="The wiring of server-01.")
        expect(shown).to_have_count(2)
        expect(shown.nth(1)).to_have_accessible_name(re.compile("virbr1, bridge .new.: MAC"))
        assert_accessible(page)


@pytest.mark.parametrize("letter", ["W", "日", "\N{ARABIC LIGATURE JALLAJALALOUHOU}", "🖥"])
def test_a_name_of_any_length_and_script_stays_in_its_box(
    browser: Browser, tmp_path: Path, letter: str
) -> None:
    name = letter * 60
    seen = hosts.snapshot(
        links=[
            hosts.link(name, mac="02:00:00:00:00:01", master="br0"),
            hosts.link("br0", kind="bridge", stp=1),
            hosts.link("vnet0", kind="tun", master="br0"),
        ],
        taps=[{"guest": name, "mac": "52:54:00:00:00:01", "target": "vnet0"}],
    )
    path = _filed(tmp_path, notebook(views.wiring(seen, hosts.OWN, hosts.before())))
    with opened(browser, path) as page:
        assert page.evaluate(STICKING_OUT) == []
        assert page.locator("svg text title").first.text_content() == name
