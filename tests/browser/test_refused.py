"""A refused run: after Run All the reader sees the refusal, and not the end of the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab

# A browser that draws without a graphics card is slow beside hosts that boot.
pytestmark = [pytest.mark.timeout(600)]
SOON_MS, MOMENT_MS = 60_000, 3_000
# The recording has no answer for this bridge, so preflight cannot judge it.
NOT_JUDGED = {"network": "default", "bridge": "virbr0"}
ERROR = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']"


@desk.fronts
def test_a_refusal_is_in_view_after_run_all_and_not_again_when_the_page_is_opened_again(
    jupyter: Lab, page: Page
) -> None:
    jupyter.open(page, "example", **NOT_JUDGED)
    # Somebody who looked into a cell before: an editor has the focus.
    desk.cell(page, "nb.finish(").locator(".jp-InputArea-editor").click()
    desk.run_all(page)
    refused = page.locator(".rb-verdict", has_text="refused")
    expect(refused).to_be_in_viewport(ratio=0.95, timeout=SOON_MS)
    page.wait_for_timeout(MOMENT_MS)
    expect(refused).to_be_in_viewport(ratio=0.95)
    expect(refused).to_be_focused()
    for _ in desk.at_each_screen(page):
        desk.pictures(page, "refused", refused)
    assert_accessible(page, ".rb-verdict")
    desk.reload(page)
    page.wait_for_timeout(MOMENT_MS)
    expect(refused).to_have_count(1)
    expect(refused).not_to_be_focused()


def test_a_refusal_before_there_is_a_record_is_in_view_too(jupyter: Lab, page: Page) -> None:
    jupyter.open(page, "example", machine_id="0" * 32)
    desk.run_all(page)
    error = page.locator(ERROR, has_text="do next:")
    expect(error).to_be_in_viewport(ratio=0.95, timeout=SOON_MS)
    expect(error).to_be_focused()
    desk.picture(page, "refused-no-record")


@desk.fronts
def test_a_form_waits_while_the_host_has_something_against_a_field(
    jupyter: Lab, page: Page
) -> None:
    jupyter.open(page, "example", gateway="172.16.0.77")
    desk.run_all(page)
    form = page.locator(".rb-form").first
    button = form.get_by_role("button", name="Continue")
    expect(button).to_be_in_viewport(timeout=SOON_MS)
    mark = form.get_by_role("alert", name="").filter(has_text="correct `gateway`")
    expect(mark).to_be_visible()
    button.click()
    expect(form).to_contain_text("correct the marked fields")
    form.get_by_label("gateway", exact=True).fill("172.16.0.1")
    expect(mark).to_have_count(0)
    button.click()
    expect(desk.ended(page, "nb.plan(")).to_contain_text("Plan ")


def beside_another_network(home: Path) -> None:
    """The recorded host with libvirt's own network started, as a host with guests has it."""
    path = home / "params" / "example.json"
    told = json.loads(path.read_text())
    (default,) = next(one["answer"] for one in told["answers"] if one["question"] == ["networks"])
    default |= {"active": True, "live": default["defined"]}
    path.write_text(json.dumps(told))


@desk.fronts
def test_beside_the_network_of_guests_the_form_waits_and_one_click_mends_it(
    jupyter: Lab, page: Page
) -> None:
    beside_another_network(jupyter.home)
    jupyter.open(page, "example")
    desk.run_all(page)
    form = page.locator(".rb-form").first
    button = form.get_by_role("button", name="Continue")
    expect(button).to_be_in_viewport(timeout=SOON_MS)
    expect(form.get_by_role("alert").first).to_contain_text("use forward: open")
    desk.picture(page, "forward-marked")
    form.get_by_label("forward", exact=True).select_option("open")
    expect(form.get_by_role("alert").filter(has_text="forward")).to_have_count(0)
    button.click()
    expect(desk.ended(page, "nb.preflight(")).to_contain_text("nothing blocks the change")


@desk.fronts
def test_the_result_has_a_link_to_the_first_page(jupyter: Lab, page: Page) -> None:
    jupyter.open(page, "example")
    desk.run_all(page)
    desk.ended(page, "nb.finish(")
    link = page.locator(".rb-verdict").get_by_role("link", name="first page")
    link.click()
    expect(page.locator(".rb-first")).to_be_in_viewport(timeout=SOON_MS)
    assert "cell-id" not in page.url
    assert_accessible(page, ".rb-verdict")
    desk.picture(page, "first-page")
