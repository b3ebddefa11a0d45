"""The notebooks that need no lab, on the recorded host, in each window and both front ends."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab

# A browser that draws without a graphics card is slow beside hosts that boot.
pytestmark = pytest.mark.timeout(600)
NEW: Mapping[str, str] = {"host": "new", "connect": "recorded", "recording": "example.json"}


def opened(jupyter: Lab, page: Page, notebook: str, values: Mapping[str, str]) -> None:
    """The notebook in the page, with these parameters, and all its cells begun."""
    book = json.loads((bench.ROOT / "notebooks" / notebook).read_text())
    for cell in book["cells"]:
        for name, value in values.items():
            told = f"{name}: str = None"
            cell["source"] = [
                line.replace(told, f"{name}: str = {value!r}") for line in cell["source"]
            ]
    (jupyter.folder / notebook).write_text(json.dumps(book))
    jupyter.go_to(page, notebook)
    desk.run_all(page)


def looked_at(page: Page, call: str, name: str) -> None:
    """This cell in each window: nothing sticks out, and the checker finds nothing."""
    for _ in desk.at_each_screen(page):
        desk.cell(page, call)
        desk.see_nothing_cut_off(page, ".rb-form")
        desk.pictures(page, name)
    assert_accessible(page, ".jp-OutputArea-output .rb")
    desk.see_nothing_typeset(page)


@desk.fronts
def test_a_survey_asks_again_after_a_wrong_name_and_writes_after_the_right_one(
    jupyter: Lab, page: Page
) -> None:
    opened(jupyter, page, "survey.ipynb", NEW)
    form = page.locator(".rb-form").first
    risk = form.get_by_label("I know that the switch port has no BPDU guard")
    expect(risk).to_be_visible(timeout=desk.PATIENCE_MS)
    looked_at(page, "nb.choose(", "survey-form")
    assert_accessible(page, ".rb-form")
    risk.check()
    form.get_by_role("button", name="Continue").click()
    prompt = page.locator(".jp-Stdin-input")
    expect(prompt).to_be_visible(timeout=desk.PATIENCE_MS)
    looked_at(page, "nb.draft(", "survey-draft")
    desk.answer(page, "nwe")
    written = desk.cell(page, "nb.write(")
    expect(written).to_contain_text("'nwe' is not the host's name", timeout=desk.PATIENCE_MS)
    path = jupyter.home / "params" / "new.yaml"
    assert not path.exists()
    desk.answer(page, "new")
    expect(written).to_contain_text("surveyed", timeout=desk.PATIENCE_MS)
    assert "consent: [bpdu]" in path.read_text()


@desk.fronts
def test_an_audit_says_what_a_change_would_meet_in_every_window(jupyter: Lab, page: Page) -> None:
    opened(jupyter, page, "audit.ipynb", {"host": "example"})
    compared = desk.ended(page, "nb.look(")
    expect(compared).to_contain_text("What a change would find", timeout=desk.PATIENCE_MS)
    looked_at(page, "nb.look(", "audit")


@pytest.mark.thorough
@desk.fronts
def test_undo_says_that_no_change_was_armed_in_every_window(jupyter: Lab, page: Page) -> None:
    opened(jupyter, page, "undo.ipynb", {"host": "example"})
    met = desk.ended(page, "nb.meet(")
    expect(met).to_contain_text("no change was ever armed", timeout=desk.PATIENCE_MS)
    looked_at(page, "nb.meet(", "undo")


@pytest.mark.thorough
@desk.fronts
def test_a_fleet_is_planned_and_asked_about_in_every_window(jupyter: Lab, page: Page) -> None:
    opened(jupyter, page, "fleet.ipynb", {"hosts": "example"})
    planned = desk.cell(page, "nb.plan(")
    expect(planned).to_contain_text("planned", timeout=desk.PATIENCE_MS)
    expect(page.locator(".jp-Stdin-input")).to_be_visible(timeout=desk.PATIENCE_MS)
    looked_at(page, "nb.plan(", "fleet-plan")
    looked_at(page, "nb.approve(", "fleet-question")
    desk.answer(page, "no")
    expect(desk.cell(page, "nb.change(")).to_contain_text(
        "No host is changed", timeout=desk.PATIENCE_MS
    )
    looked_at(page, "nb.record(", "fleet-record")
