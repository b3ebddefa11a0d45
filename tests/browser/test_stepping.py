"""A change stepped through by hand, and what a person may do in the middle of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab

from runbook.notebook.widgets.widget_output import MIME
from runbook.run import record
from runbook.state.diff import compare

# A browser that draws without a graphics card shares two cores with a host that boots.
pytestmark = pytest.mark.timeout(900)
SLEEP = "import time; time.sleep(60)"
SHORT_SLEEP = "import time; time.sleep(20)"
LOOKING = (
    desk.FOLDED, "nb.parameters(", "nb.meet(", "nb.choose(", "nb.settle(", "nb.look(", "nb.wiring(",
    "nb.plan(", "nb.preflight(",
)  # fmt: skip
PHASES = ('"prepare"', '"network"', '"cutover"', '"settle"')
# A whole change, executed: what passed is folded, so that what is left can be read.
MOST_SCREENS = 12
CLOSING = ("nb.verify(", "nb.confirm(", "nb.after(", "nb.finish(")


def step(page: Page, *calls: str) -> None:
    for call in calls:
        desk.run(page, call)
        desk.ended(page, call)


def arm(page: Page, host: str) -> None:
    desk.run(page, "nb.arm(")
    desk.answer(page, host)
    desk.ended(page, "nb.arm(")


def only_run(home: Path) -> record.RunRecord:
    (path,) = home.glob("outputs/*/*")
    return record.read(path)


@pytest.mark.thorough
def test_a_deadline_that_passes_is_seen_with_the_host_coming_back(
    fresh_host: str, jupyter: Lab, page: Page
) -> None:
    before = bench.snapshot()
    jupyter.open(page, fresh_host, deadline_s=25)
    step(page, *LOOKING)
    arm(page, fresh_host)
    step(page, *PHASES[:3])
    expect(page.get_by_role("timer").last).to_contain_text("until the host undoes the change")
    desk.picture(page, "countdown")
    verdict = page.locator(".rb-verdict")
    expect(verdict).to_contain_text("as before (rolled back)", timeout=desk.PATIENCE_MS)
    expect(verdict).to_contain_text("the deadline passed")
    expect(page.locator(".rb-panel")).to_contain_text("as before (rolled back)")
    expect(page.locator(".rb-panel")).to_be_in_viewport(ratio=0.95)
    desk.picture(page, "deadline-passed")
    assert str(compare(before, bench.snapshot())) == ""
    desk.run(page, '"settle"')
    told = desk.ended(page, '"settle"')
    expect(told).to_contain_text("this run has ended")
    assert only_run(jupyter.home).told == "as before (rolled back)"


def test_the_buttons_answer_while_a_cell_runs_and_undo_now_brings_the_host_back(
    fresh_host: str, jupyter: Lab, page: Page
) -> None:
    before = bench.snapshot()
    jupyter.open(page, fresh_host, SLEEP)
    step(page, *LOOKING)
    arm(page, fresh_host)
    step(page, *PHASES[:2])
    desk.run(page, SLEEP)
    desk.cell(page, '"network"')
    panel = page.locator(".rb-panel")
    expect(panel.get_by_role("button", name="confirm")).to_be_disabled()
    said = panel.locator("[role=status]").last
    page.get_by_role("button", name="more time").last.click()
    expect(said).to_contain_text("the host waits until", timeout=20_000)
    desk.picture(page, "buttons")
    assert_accessible(page, ".rb-form")
    assert_accessible(page, ".rb ol.rb-board")
    assert_accessible(page, ".rb p[role=timer]")
    see_that_every_button_is_reached_by_the_keyboard(page)
    pressed = time.monotonic()
    page.get_by_role("button", name="undo now").last.click()
    expect(panel).to_contain_text("as before (rolled back)", timeout=desk.PATIENCE_MS)
    expect(panel).to_be_in_viewport(ratio=0.95)
    desk.measured("from *undo now* to the verdict in view", time.monotonic() - pressed)
    verdict = page.locator(".rb-verdict")
    expect(verdict).to_contain_text("as before (rolled back)", timeout=desk.PATIENCE_MS)
    expect(desk.cell(page, SLEEP).locator(".jp-InputPrompt").first).to_have_text("[*]:")
    assert str(compare(before, bench.snapshot())) == ""
    assert "asked for more time" in bench.on_host("sh", "-c", "cat /var/lib/runbook/*/journal")
    told = only_run(jupyter.home)
    assert told.outcome["said"] == "undone, because: the button 'undo now' was pressed"
    # Wherever one stands, the result is in view.
    expect(panel).to_contain_text("as before (rolled back)", timeout=20_000)
    expect(panel).to_be_in_viewport(ratio=0.95)
    desk.picture(page, "undo-now-verdict")
    expect(page.get_by_text("UndoAsked")).to_have_count(0)


@pytest.mark.thorough
def test_the_button_confirms_while_a_cell_runs_and_the_cells_below_finish_the_record(
    fresh_host: str, jupyter: Lab, page: Page
) -> None:
    jupyter.open(page, fresh_host, SHORT_SLEEP)
    step(page, *LOOKING)
    arm(page, fresh_host)
    step(page, *PHASES)
    desk.run(page, SHORT_SLEEP)
    desk.cell(page, '"settle"')
    page.get_by_role("button", name="confirm").last.click()
    kept = page.locator(".rb-panel")
    expect(kept).to_contain_text("confirmed: the change stays", timeout=desk.PATIENCE_MS)
    expect(kept).to_be_in_viewport(ratio=0.95)
    expect(desk.cell(page, SHORT_SLEEP).locator(".jp-InputPrompt").first).to_have_text("[*]:")
    assert "dev virbr1" in bench.on_host("ip", "route", "show", "default")
    desk.ended(page, SHORT_SLEEP)
    step(page, *CLOSING)
    told = only_run(jupyter.home)
    assert told.told == "as promised"
    assert set(told.products) == bench.PRODUCTS


def see_that_every_button_is_reached_by_the_keyboard(page: Page) -> None:
    names = ("undo now", "more time")
    page.get_by_role("button", name=names[0]).last.focus()
    for name in names:
        expect(page.get_by_role("button", name=name).last).to_be_focused()
        page.keyboard.press("Tab")


@pytest.mark.thorough
@pytest.mark.parametrize("lost", [desk.restart, desk.reload])
def test_after_a_restart_of_the_kernel_the_change_goes_on_where_the_host_says_it_is(
    lost: Callable[[Page], None], fresh_host: str, jupyter: Lab, page: Page
) -> None:
    jupyter.open(page, fresh_host)
    step(page, *LOOKING)
    arm(page, fresh_host)
    step(page, *PHASES[:2])
    began = steps_begun()
    lost(page)
    if lost is desk.restart:
        desk.run(page, '"cutover"')
        expect(desk.ended(page, '"cutover"')).to_contain_text("run before its turn")
    desk.run_all(page)
    prompt = page.locator(".jp-Stdin-input")
    expect(prompt).to_be_visible(timeout=desk.PATIENCE_MS)
    expect(desk.cell(page, "nb.meet(")).to_contain_text("This change is in progress")
    expect(page.locator(".rb-panel").last).to_contain_text("until the host undoes the change")
    assert steps_begun() == began
    prompt.scroll_into_view_if_needed()
    desk.picture(page, "taken-up")
    desk.answer(page, fresh_host)
    expect(page.locator(".rb-verdict")).to_contain_text("as promised", timeout=desk.PATIENCE_MS)
    told = only_run(jupyter.home)
    assert told.told == "as promised"
    assert "approval-2.json" in told.products
    lines = bench.on_host("sh", "-c", "cat /var/lib/runbook/*/journal").splitlines()
    numbers = [line.split()[2] for line in lines if " begins: " in line and " step " in line]
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]


def steps_begun() -> int:
    return bench.on_host("sh", "-c", "cat /var/lib/runbook/*/journal").count(" begins: ")


def test_a_change_by_hand_leaves_the_record_of_the_headless_one_with_what_was_chosen(
    fresh_host: str, jupyter: Lab, page: Page
) -> None:
    jupyter.open(page, fresh_host)
    step(page, *LOOKING[:4])
    page.get_by_label("bridge", exact=True).fill("virbr7")
    page.get_by_label("bpdu").uncheck()
    stands = page.get_by_text("1 finding blocks the change")
    expect(stands).to_be_visible(timeout=20_000)
    page.get_by_label("bpdu").check()
    expect(page.get_by_text("nothing blocks the change")).to_be_visible(timeout=20_000)
    desk.picture(page, "chosen")
    step(page, LOOKING[4])
    expect(desk.cell(page, "nb.choose(")).to_contain_text("The form is settled")
    expect(page.get_by_label("bridge", exact=True)).to_have_count(0)
    step(page, *LOOKING[5:])
    arm(page, fresh_host)
    step(page, *PHASES)
    step(page, *PHASES[3:], *CLOSING)
    assert "dev virbr7" in bench.on_host("ip", "route", "show", "default")
    told = only_run(jupyter.home)
    assert told.told == "as promised"
    assert set(told.products) == bench.PRODUCTS
    params = json.loads((told.path / "params.json").read_text())
    assert params["bridge"] == {"field": "bridge", "value": "virbr7", "source": "chosen"}
    page.keyboard.press("Control+s")
    length = desk.screens(page)
    planned = desk.cell(page, "nb.plan(").locator(".jp-OutputArea").bounding_box()
    assert planned
    desk.measured("the executed notebook", length, "screens")
    desk.measured("its plan", planned["height"] / desk.VISIBLE_PX, "screens")
    assert length <= MOST_SCREENS
    assert planned["height"] <= desk.VISIBLE_PX
    desk.cell(page, "nb.parameters(")
    desk.picture(page, "by-hand-top")
    see_that_all_of_it_is_there_without_a_kernel_or_a_widget(page, jupyter)


def see_that_all_of_it_is_there_without_a_kernel_or_a_widget(page: Page, jupyter: Lab) -> None:
    """Saved, and made a page by the plain exporter, as a viewer elsewhere does."""
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="file this record").click()
    filed = desk.cell(page, "nb.finish(").get_by_role("link", name="Open the page")
    expect(filed).to_be_visible(timeout=desk.PATIENCE_MS)
    (made,) = jupyter.home.glob("outputs/*/*/notebook.html")
    assert "as promised" in made.read_text()
    desk.picture(page, "filed")
    page.keyboard.press("Control+s")
    saved = jupyter.folder / "routed.ipynb"
    end = time.monotonic() + 20
    while "Open the page" not in saved.read_text() and time.monotonic() < end:
        page.wait_for_timeout(200)
    told = json.loads(saved.read_text())
    outputs = [o for cell in told["cells"] for o in cell.get("outputs", [])]
    assert outputs
    assert not [o for o in outputs if MIME in o.get("data", {})]
    read = nbformat.reads(saved.read_text(), as_version=4)  # type: ignore[no-untyped-call]  # it has none
    elsewhere, _ = HTMLExporter().from_notebook_node(read)  # type: ignore[no-untyped-call]  # likewise
    page.goto("about:blank")
    page.context.set_offline(True)
    page.set_content(elsewhere)
    for shows in ("The form", "virbr7", "chosen", "longest answer", "as promised"):
        expect(page.locator("body")).to_contain_text(shows)
    desk.picture(page, "elsewhere")
