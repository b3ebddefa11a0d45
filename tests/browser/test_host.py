"""A person who names the host by hand: in the list, or wrongly in the parameters cell."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect
from tests import bench
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab
from tests.browser.started import choose_host

# A browser that draws without a graphics card is slow beside hosts that boot.
pytestmark = pytest.mark.timeout(600)


def unfold(page: Page) -> Locator:
    """The parameters cell, opened by its three dots."""
    found = page.locator(".jp-CodeCell").first
    found.locator(".jp-Placeholder-content").click()
    return found


@desk.fronts
def test_the_host_is_chosen_in_a_list_and_all_cells_run_on(jupyter: Lab, page: Page) -> None:
    jupyter.open(page, None)
    expect(page.get_by_text("bridge_mac: str = None")).to_have_count(0)
    desk.run_all(page)
    asks = page.locator(".rb-form").first
    button = asks.get_by_role("button", name="Continue")
    # *Run all* goes to the last cell; the question brings itself into view.
    expect(button).to_be_in_viewport(timeout=desk.PATIENCE_MS)
    button.click()
    expect(asks.get_by_role("alert")).to_contain_text("choose a host")
    for _ in desk.at_each_screen(page):
        button.scroll_into_view_if_needed()
        desk.see_nothing_cut_off(page, ".rb-form")
        desk.pictures(page, "choose-host")
    assert_accessible(page, ".rb-form")
    choose_host(page, "example: 172.16.1.1/16 on enp4s0f0")
    told = desk.ended(page, "nb.parameters(")
    expect(told).to_contain_text("Host: example, chosen here")
    expect(desk.ended(page, "nb.plan(")).to_contain_text("virbr1")


def test_a_host_without_quotes_is_told_in_our_words(jupyter: Lab, page: Page) -> None:
    jupyter.open(page, None)
    found = unfold(page)
    found.locator(".cm-line", has_text="host: str = None").click()
    page.keyboard.press("Home")
    page.keyboard.type("host = server-02  # ")
    page.keyboard.press("Control+Enter")
    expect(found).to_contain_text('write host = "server-02"', timeout=desk.PATIENCE_MS)
    expect(found).to_contain_text("do next:")
    expect(found).not_to_contain_text("SyntaxError")
    expect(found).not_to_contain_text("octal")
    desk.picture(page, "host-without-quotes")


def test_a_form_is_left_by_the_keyboard_alone(jupyter: Lab, page: Page) -> None:
    jupyter.open(page, "example")
    for call in ("host: str", "nb.parameters(", "nb.meet(", "nb.choose("):
        desk.run(page, call)
        desk.ended(page, call)
    field = page.locator(".rb-form").get_by_label("bridge", exact=True)
    field.fill("virbr7")
    field.press("Escape")
    expect(field).not_to_be_focused()
    field.focus()
    field.press("Shift+Enter")
    settled = desk.ended(page, "nb.settle(")
    expect(settled).to_contain_text("virbr7")
    desk.picture(page, "shift-enter")


@desk.fronts
def test_a_guest_is_asked_for_in_a_form_and_each_value_is_judged(jupyter: Lab, page: Page) -> None:
    told = json.loads((bench.ROOT / "notebooks" / "guest.ipynb").read_text())
    for cell in told["cells"]:
        cell["source"] = [
            line.replace("host: str = None", 'host = "example"') for line in cell["source"]
        ]
    (jupyter.folder / "guest.ipynb").write_text(json.dumps(told))
    jupyter.go_to(page, "guest.ipynb")
    desk.run_all(page)
    form = page.locator(".rb-form").first
    button = form.get_by_role("button", name="Continue")
    expect(button).to_be_in_viewport(timeout=desk.PATIENCE_MS)
    expect(form.get_by_role("alert").first).to_contain_text("no guest is chosen")
    for field in ("guest", "nic", "address", "gateway", "nameservers", "login"):
        expect(form.get_by_label(field, exact=True)).to_be_visible()
    for _ in desk.at_each_screen(page):
        button.scroll_into_view_if_needed()
        desk.see_nothing_cut_off(page, ".rb-form")
        desk.pictures(page, "guest-form")
    assert_accessible(page, ".rb-form")
    desk.see_nothing_typeset(page)
    button.click()
    expect(form).to_contain_text("correct the marked fields")
    # The cell still waits: no cell below it has run.
    expect(desk.cell(page, "nb.choose(").locator(".jp-InputPrompt").first).to_have_text("[*]:")
