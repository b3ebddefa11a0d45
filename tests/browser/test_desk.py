"""The desk: what it shows at a glance, where its links lead, what it leaves alone, how it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import bench
from tests.browser.axe import assert_accessible
from tests.browser.desk import PATIENCE_MS, at_each_screen, measured, picture, pictures
from tests.browser.started import Desk, ready, run_all, shown, started

from runbook.run import record


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """At the desk of a home with a host, a recording, a file that is not right, and a record."""
    bench.fresh()
    home = bench.make_home(tmp_path)
    for name in ("server-02", "server-03"):
        (home / "params" / f"{name}.yaml").unlink()
    (home / "params/odd.yaml").write_text("gatway: 172.16.0.1\n")
    died = record.create(home / "outputs", "server-01", "20260301T120000Z-abc123")
    died.note(datetime(2026, 3, 1, 12, tzinfo=UTC), "preflight: begins")
    died.once("seen.json", "{}")
    with started(home) as made:
        yield made


def test_it_is_an_inventory_that_leads_to_notebooks_which_know_their_host(
    desk: Desk, page: Page
) -> None:
    sources = {path: path.read_bytes() for path in bench.NOTEBOOK.parent.glob("*.ipynb")}
    listed = Path(f"/proc/{desk.process.pid}/cmdline").read_bytes().decode()
    assert desk.token not in listed
    assert "127.0.0.1" in listed
    page.goto(desk.url)
    # At once, before there is a kernel: the hosts of params/, with their buttons.
    first = page.locator(".jp-NotebookPanel:visible tr", has_text="server-01").first
    expect(first.get_by_role("link", name="change")).to_be_in_viewport(timeout=PATIENCE_MS)
    measured("from `runbook desk` to a clickable inventory", time.monotonic() - desk.began)
    hosts = shown(page, "nb.hosts").locator("table").first
    row = hosts.locator("tr", has_text="server-01")
    expect(row).to_contain_text("172.16.1.1/16")
    # Nobody ran anything: the page asks by itself, and stays where it is.
    expect(row).to_contain_text("on enp4s0f0", timeout=PATIENCE_MS)
    measured("from `runbook desk` to the answer of a host", time.monotonic() - desk.began)
    expect(row).to_be_in_viewport()
    asked = page.get_by_text("The hosts were asked at")
    before = asked.inner_text(timeout=PATIENCE_MS)
    page.get_by_role("button", name="ask the hosts again").click()
    expect(asked).not_to_have_text(before, timeout=PATIENCE_MS)
    expect(row).to_be_in_viewport()
    assert not page.locator(".jp-Dialog").count()
    expect(row).to_contain_text("died, or goes on")
    expect(hosts.locator("tr", has_text="odd")).to_contain_text("did you mean 'gateway'?")
    expect(hosts.locator("tr", has_text="example")).to_contain_text("not asked: a recording")
    records = shown(page, "nb.records").locator("table")
    expect(records).to_contain_text("survey", timeout=PATIENCE_MS)
    picture(page, "desk-records")
    for _ in at_each_screen(page):
        hosts.scroll_into_view_if_needed()
        pictures(page, "desk")
    assert_accessible(page, ".jp-OutputArea-output .rb")

    records.get_by_role("link", name="journal").click()
    expect(page.locator(".jp-FileEditor:visible")).to_contain_text("preflight: begins")
    page.locator(".lm-TabBar-tab", has_text="desk.ipynb").click()
    records.get_by_role("link", name="folder").click()
    expect(page.locator(".jp-DirListing-content")).to_contain_text("journal", timeout=PATIENCE_MS)

    row.get_by_role("link", name="undo").click()
    tab = page.locator(".lm-TabBar-tab.lm-mod-current", has_text="undo · server-01")
    tab.wait_for(timeout=PATIENCE_MS)
    ready(page)
    expect(page.locator("h1:visible")).to_contain_text("Undo or confirm a change")
    run_all(page)
    expect(shown(page, "nb.meet")).to_contain_text("no change was ever armed", timeout=PATIENCE_MS)
    picture(page, "desk-undo")
    page.locator(".lm-TabBar-tab", has_text="desk.ipynb").click()
    row.get_by_role("link", name="undo").click()
    tab.wait_for(timeout=PATIENCE_MS)
    # One tab for a notebook and its host, however often it is asked for.
    expect(page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="undo")).to_have_count(1)

    assert {path: path.read_bytes() for path in sources} == sources
    assert {path.name for path in desk.folder.glob("*.ipynb")} == {path.name for path in sources}
    # Nothing came of the operator's own Jupyter, nor to it.
    for name in (".jupyter", ".ipython", ".local"):
        assert not (desk.home.parent / name).exists()
    assert desk.stop() == 0
