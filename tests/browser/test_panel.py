"""The panel of an armed change: in view wherever one stands, also when the tab comes back.

No host is needed for that: a cell shows the panel as the cell that arms does.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab

# A browser that draws without a graphics card is slow beside hosts that boot.
pytestmark = pytest.mark.timeout(600)
SHOW = """\
from datetime import UTC, datetime, timedelta
from runbook import views
from runbook.views.progress import bar
from runbook.notebook.widgets.buttons import buttons
from runbook.notebook.widgets.widget_output import MIME
views.show(views.page_head())
asked = []
made, slot = buttons(asked.append), views.Slot()
state = views.board([("undo armed", "done"), ("prepare", "at work")], "server-01: change x")
until = datetime.now(UTC) + timedelta(seconds=200)
view = {"version_major": 2, "version_minor": 0, "model_id": made.box.model_id}
slot.show_with(views.note("no widgets here"), {MIME: view})
made.draw(views.stack((state, views.countdown(200, until))))
slot.place()
waits = "Going into vm-01"
views.show(views.stack((views.note(f"{waits} … 3 s of at most 240 s"), bar(3, 240, waits))))
"""
END = """\
word = views.LastWord("warn", "as before (rolled back)", "undone")
state = views.stack((state, views.last_word(word)))
shown = views.over("! server-01: as before (rolled back)", state, folded=True)
made.end()
made.draw(shown)
slot.draw(views.panel(shown))
"""


def in_view(page: Page, found: Locator) -> None:
    """See that all of it is on the screen."""
    expect(found).to_be_in_viewport(ratio=0.95)
    box, size = found.bounding_box(), page.viewport_size
    assert box
    assert size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]


@desk.fronts
def test_it_stays_in_view_and_comes_back_with_the_tab(jupyter: Lab, page: Page) -> None:
    jupyter.open(page, "example", SHOW)
    desk.run(page, "made, slot = ")
    panel = page.locator(".rb-panel")
    expect(panel).to_contain_text("until the host undoes the change", timeout=desk.PATIENCE_MS)
    for _ in desk.at_each_screen(page):
        for at in ("host: str = ", "nb.apply(armed", "made, slot = "):
            desk.cell(page, at)
            in_view(page, panel)
        desk.pictures(page, "panel")
    expect(panel.get_by_role("button", name="confirm")).to_be_disabled()
    expect(panel.get_by_role("button", name="undo now")).to_be_enabled()
    assert_accessible(page, ".rb-panel")
    assert_accessible(page, ".rb:has(progress)")

    desk.reload(page)
    expect(panel).to_contain_text("until the host undoes the change", timeout=desk.PATIENCE_MS)
    in_view(page, panel)
    desk.picture(page, "panel-came-back")


@desk.fronts
def test_the_verdict_is_in_it_wherever_one_stands(jupyter: Lab, page: Page) -> None:
    jupyter.open(page, "example", f"{SHOW}\n{END}")
    desk.run(page, "made, slot = ")
    panel = page.locator(".rb-panel")
    expect(panel).to_contain_text("as before (rolled back)", timeout=desk.PATIENCE_MS)
    expect(panel.get_by_role("button")).to_have_count(0)
    for _ in desk.at_each_screen(page):
        desk.cell(page, "host: str = ")
        in_view(page, panel)
        desk.pictures(page, "panel-verdict")
    assert_accessible(page, ".rb-panel")
    # One line, which covers no table; the rest unfolds.
    line = panel.locator("summary")
    assert height(panel) < 60
    expect(panel.get_by_text("undo armed")).to_be_hidden()
    line.click()
    expect(panel.get_by_text("undo armed")).to_be_visible()
    in_view(page, panel)
    line.click()
    assert height(panel) < 60
    in_view(page, panel)


def height(found: Locator) -> float:
    box = found.bounding_box()
    assert box
    return box["height"]
