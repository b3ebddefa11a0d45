"""history.ipynb in JupyterLab: any two states of a host, chosen in two lists."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests import bench
from tests.browser import desk
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Lab
from tests.unit import hosts
from tests.unit.records import kept

from runbook.state import snapshot as snapshots


@desk.fronts
def test_two_states_are_chosen_and_the_pictures_follow(jupyter: Lab, page: Page) -> None:
    before, after = (snapshots.dumps(state) for state in (hosts.before(), hosts.after()))
    for day in range(1, 4):
        kept.sealed(jupyter.home / "outputs", day, before_json=before, after_json=after)
    source = (bench.ROOT / "notebooks/history.ipynb").read_text()
    named = source.replace("host: str = None", f"host: str = '{kept.HOST}'", 1)
    (jupyter.folder / "history.ipynb").write_text(named)
    jupyter.go_to(page, "history.ipynb")
    desk.run_all(page)
    compared = desk.ended(page, "nb.compare(")
    # The last two of six states.
    expect(compared).to_contain_text("enp4s0f0 → virbr1")
    for _ in desk.at_each_screen(page):
        desk.cell(page, "nb.compare(")
        desk.see_nothing_cut_off(page, ".rb-form")
        desk.pictures(page, "history-compare")
    compared.get_by_label("first", exact=True).select_option(f"{kept.number(1)}/after")
    expect(compared).to_contain_text("no row differs", timeout=desk.PATIENCE_MS)
    expect(compared).not_to_contain_text("enp4s0f0 → virbr1")
    looked = desk.cell(page, "nb.look(")
    expect(looked.get_by_role("img", name="server-01: 3 records (host 3)")).to_be_visible()
    # The style of the first cell is that of every cell.
    expect(looked.locator(".rb table").first).to_have_css("border-collapse", "collapse")
    for _ in desk.at_each_screen(page):
        desk.cell(page, "nb.look(")
        desk.see_nothing_cut_off(page, ".rb-form")
        desk.pictures(page, "history")
    desk.see_nothing_typeset(page)
    assert_accessible(page, ".rb")
