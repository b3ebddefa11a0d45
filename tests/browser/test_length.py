"""How long the notebook is on the screen: what has to be read stands where it is seen at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab

# The plan is compared with what was asked for: nobody scrolls between its ends.
pytestmark = pytest.mark.timeout(600)


# Where lines break, the plan goes on below the screen; longer than this it is no longer one look.
MOST_SCREENS = 2.5


@pytest.fixture
def rehearsed(jupyter: Lab, page: Page) -> Page:
    """The recorded host, up to preflight."""
    jupyter.open(page, "example")
    desk.run_all(page)
    expect(page.locator(".rb-verdict")).to_be_visible(timeout=desk.PATIENCE_MS)
    return page


@desk.fronts
def test_a_plan_is_on_one_screen_with_its_texts_one_click_away(rehearsed: Page) -> None:
    page = rehearsed
    planned = desk.cell(page, "nb.plan(").locator(".jp-OutputArea")
    steps = planned.locator(".rb-plan li")
    for screen in desk.at_each_screen(page):
        desk.cell(page, "nb.plan(")
        box = planned.bounding_box()
        assert box
        wide = screen is desk.USUAL
        assert box["height"] <= desk.room(page) * (1 if wide else MOST_SCREENS), screen
        heights = {round(line.bounding_box()["height"]) for line in steps.all()}  # type: ignore[index]  # each is drawn
        assert len(heights) == 1 or not wide, f"a step takes more than one line: {heights}"
        desk.see_nothing_cut_off(page, ".rb-plan, .rb-plan li, .rb-diff")
        desk.pictures(page, "plan")
    assert_accessible(page, ".rb-plan")
    hook = steps.filter(has_text="hooks/network.d/50-runbook-routed (mode 0755)")
    expect(hook.locator("pre")).to_be_hidden()
    hook.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(hook.locator("pre")).to_contain_text('[ "$1" = routed ] && [ "$2" = started ]')
    desk.see_nothing_typeset(page)


@pytest.mark.thorough
@desk.fronts
def test_a_finding_that_blocks_marks_its_field_and_a_settled_form_stands_still(
    jupyter: Lab, page: Page
) -> None:
    jupyter.open(page, "example")
    for call in (desk.FOLDED, "nb.parameters(", "nb.meet(", "nb.choose("):
        desk.run(page, call)
        desk.ended(page, call)
    form = desk.cell(page, "nb.choose(")
    gateway = page.get_by_label("gateway", exact=True)
    gateway.fill("172.16.9.9")
    marked = page.get_by_role("alert").filter(has_text="default route")
    expect(marked).to_contain_text("correct `gateway`", timeout=desk.PATIENCE_MS)
    expect(form.locator("svg[role=img]")).to_contain_text("172.16.9.9")
    expect(form).to_contain_text("blocks the change")
    for _ in desk.at_each_screen(page):
        gateway.scroll_into_view_if_needed()
        desk.see_nothing_cut_off(page, ".rb-form")
        desk.pictures(page, "form-blocked")
    assert_accessible(page, ".rb-form")
    gateway.fill("172.16.0.1")
    expect(form).to_contain_text("nothing blocks the change", timeout=desk.PATIENCE_MS)
    expect(marked).to_have_count(0)
    page.get_by_label("I know that the switch port has no BPDU guard").uncheck()
    expect(form).to_contain_text("1 finding blocks the change", timeout=desk.PATIENCE_MS)
    page.get_by_label("I know that the switch port has no BPDU guard").check()
    expect(form).to_contain_text("nothing blocks the change", timeout=desk.PATIENCE_MS)
    for _ in desk.at_each_screen(page):
        form.evaluate("cell => cell.scrollIntoView({block: 'start'})")
        desk.see_nothing_cut_off(page, ".rb-form")
        desk.pictures(page, "form")
    page.get_by_label("bridge", exact=True).fill("virbr7")
    expect(form.locator("svg[role=img]")).to_contain_text("virbr7", timeout=desk.PATIENCE_MS)
    desk.run(page, "nb.settle(")
    desk.ended(page, "nb.settle(")
    expect(form).to_contain_text("The form is settled")
    expect(page.get_by_label("bridge", exact=True)).to_have_count(0)
    expect(form.locator("svg[role=img]")).to_contain_text("virbr7")
    desk.run(page, "nb.choose(")
    expect(page.get_by_label("bridge", exact=True)).to_have_value("virbr7")
    desk.run(page, "nb.look(")
    expect(desk.ended(page, "nb.look(")).to_contain_text("has to be run again")
    desk.picture(page, "form-open-again")
