"""A whole change, looked at in each window, in light and in dark, in both front ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab
from tests.browser.test_panel import in_view
from tests.browser.test_stepping import CLOSING, LOOKING, MOST_SCREENS, PHASES, step

# A browser that draws without a graphics card shares two cores with a host that boots.
pytestmark = [pytest.mark.timeout(1200), pytest.mark.thorough]
# The pictures are taken while the change is armed.
DEADLINE_S = 900


@desk.fronts
def test_a_whole_change_is_read_in_each_window_in_light_and_in_dark(
    fresh_host: str, jupyter: Lab, page: Page
) -> None:
    jupyter.open(page, fresh_host, deadline_s=DEADLINE_S)
    step(page, *LOOKING[:4])
    looked_at(page, "nb.choose(", "routed-form")
    step(page, *LOOKING[4:])
    looked_at(page, "nb.plan(", "routed-plan")
    desk.run(page, "nb.arm(")
    expect(page.locator(".jp-Stdin-input")).to_be_visible(timeout=desk.PATIENCE_MS)
    looked_at(page, "nb.arm(", "routed-question")
    desk.answer(page, fresh_host)
    desk.ended(page, "nb.arm(")
    step(page, *PHASES[:3])
    for _ in desk.at_each_screen(page):
        desk.cell(page, '"cutover"')
        in_view(page, page.locator(".rb-panel"))
        desk.pictures(page, "routed-panel")
    expect(page.locator(".rb-panel")).to_contain_text("Host answers in")
    assert_accessible(page, ".rb-panel")
    step(page, PHASES[3], *CLOSING)
    looked_at(page, "nb.after(", "routed-after")
    looked_at(page, "nb.finish(", "routed-verdict")
    assert_accessible(page, ".jp-OutputArea-output .rb")
    desk.see_nothing_typeset(page)
    assert "dev virbr1" in bench.on_host("ip", "route", "show", "default")
    length = desk.screens(page)
    desk.measured("the executed notebook", length, "screens")
    assert length <= MOST_SCREENS


def looked_at(page: Page, call: str, name: str) -> None:
    """This cell in each window, from its top: nothing sticks out."""
    for _ in desk.at_each_screen(page):
        desk.see_nothing_cut_off(page, ".rb-form, .rb-plan, .rb-diff")
        desk.pictures(page, name, desk.cell(page, call))
