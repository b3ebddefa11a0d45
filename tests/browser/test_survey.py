"""A person surveys a host in JupyterLab: wrong input in each field, mended, the file written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests import bench
from tests.browser.axe import assert_accessible
from tests.browser.desk import PATIENCE_MS, answer, picture
from tests.browser.started import Desk, choose_host, follow, run_up_to, shown, started

from runbook.params import for_host
from runbook.preflight.survey.offer import FIELDS

WRONG = [
    ("address", "172.16.1.1", "the prefix length is missing"),
    ("gateway", "10.0.0.1", "the gateway is not on the link"),
    ("network", "a b", "a network's name is"),
    ("bridge", "enp4s0f0", "the bridge cannot be the interface that joins it"),
    ("bridge_mac", "nik", "this is not a MAC address"),
    ("probes", "172.16.1.1", "would always pass"),
]
FOCUSED = """() => {
    const at = document.activeElement;
    const label = at.id && document.querySelector(`label[for="${at.id}"]`);
    return label ? label.textContent : "";
}"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """At the desk of a home that knows no host."""
    bench.fresh()
    home = bench.make_home(tmp_path)
    for path in (home / "params").glob("*.yaml"):
        path.unlink()
    with started(home) as made:
        yield made


@pytest.mark.thorough
def test_a_host_is_described_by_a_person_who_makes_every_mistake(desk: Desk, page: Page) -> None:
    desk.open(page)
    follow(page, "survey.ipynb")
    run_up_to(page, "nb.choose")
    choose_host(page, bench.HOST)
    form = page.locator(".rb-form")
    # Before it, the one that asks for the host is on the page for a moment.
    expect(form.get_by_label("interface", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    form.scroll_into_view_if_needed()
    see_the_interface(form)
    see_that_every_field_is_reached_by_the_keyboard(page, form)
    for name, wrong, reason in WRONG:
        make_a_mistake(form, name, wrong, reason)
    form.get_by_label("address", exact=True).press_sequentially("9")
    form.get_by_label("bridge_mac", exact=True).fill("nik")
    expect(form.locator("[role=alert]")).to_have_count(2)
    picture(page, "survey-form")
    see_that_it_is_accessible_in_light_and_in_dark(page)
    form.get_by_label("address", exact=True).fill("172.16.1.1/16")
    form.get_by_label("bridge_mac", exact=True).fill("own")
    risk = form.get_by_label("I know that the switch port has no BPDU guard")
    expect(risk).to_be_visible(timeout=PATIENCE_MS)
    form.get_by_label("stp", exact=True).select_option("off")
    expect(form.locator("[role=alert]")).to_have_count(0)
    expect(risk).to_have_count(0, timeout=PATIENCE_MS)
    pinned = form.get_by_label("machine_id", exact=True).input_value()
    assert pinned == bench.on_host("cat", "/etc/machine-id").strip()

    form.get_by_role("button", name="Continue").click()
    run_up_to_the_question(page)
    # What was settled stands where the form stood, and cannot be typed into any more.
    expect(page.locator(".rb-form")).to_have_count(0)
    expect(shown(page, "nb.choose")).to_contain_text("The form")
    path = desk.home / "params" / f"{bench.HOST}.yaml"
    assert not path.exists()
    expect(shown(page, "nb.draft")).to_contain_text("+stp: false")
    picture(page, "survey-question")
    answer(page, bench.HOST)
    expect(shown(page, "nb.write")).to_contain_text("surveyed", timeout=PATIENCE_MS)
    picture(page, "survey-written")
    written = for_host(desk.home / "params", {"host": bench.HOST})
    assert (written.interface, written.address) == ("enp4s0f0", "172.16.1.1/16")
    assert (written.gateway, written.stp) == ("172.16.0.1", False)
    assert written.machine_id == pinned


def see_the_interface(form: Locator) -> None:
    option = form.get_by_label("interface", exact=True).locator("option")
    expect(option).to_have_text(
        ["enp4s0f0: 172.16.1.1/16, this connection, carrier, veth, 10000 Mb/s"]
    )
    row = form.locator("tr", has_text="enp4s0f0")
    for shows in ("02:16:01:00:00:01", "veth", "10000 Mb/s", "carrier", "172.16.1.1/16", "yes"):
        expect(row).to_contain_text(shows)


def see_that_every_field_is_reached_by_the_keyboard(page: Page, form: Locator) -> None:
    form.get_by_label("interface", exact=True).focus()
    reached = []
    for _ in FIELDS:
        reached.append(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
    assert tuple(reached) == FIELDS


def see_that_it_is_accessible_in_light_and_in_dark(page: Page) -> None:
    """The desk follows the system's own choice."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        light = str(scheme == "light").lower()
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        assert_accessible(page, ".rb-form")
        picture(page, f"survey-form-{scheme}")


def make_a_mistake(form: Locator, name: str, wrong: str, reason: str) -> None:
    """The reason comes while it is typed, with the field still in focus, and goes when mended."""
    field = form.get_by_label(name, exact=True)
    right = field.input_value()
    field.focus()
    field.fill("")
    field.press_sequentially(wrong)
    row = form.locator(".rb-row", has=form.page.get_by_label(name, exact=True))
    expect(row.locator("[role=alert]")).to_contain_text(reason, timeout=10_000)
    expect(field).to_be_focused()
    field.fill(right)
    expect(form.locator("[role=alert]")).to_have_count(0, timeout=10_000)


def run_up_to_the_question(page: Page) -> None:
    """The cells after the form, one after the other, as Shift+Enter goes on."""
    shown(page, "nb.settle").locator(".jp-InputArea-editor").click()
    for _ in ("settle", "why", "draft", "why", "write"):
        page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-Stdin-input")).to_be_visible(timeout=PATIENCE_MS)
