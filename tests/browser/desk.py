"""What an operator does in JupyterLab or Notebook 7, as steps of a test; pictures are kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect
from playwright.sync_api import TimeoutError as TooLate
from tests.bench import thorough

PATIENCE_MS = 120_000
SCREEN: ViewportSize = {"width": 1400, "height": 900}
Front = Literal["lab/tree", "notebooks"]


@dataclass(frozen=True)
class Screen:
    """A window, in the pixels of its page, and how much the browser enlarges them."""

    width: int
    height: int
    scale: float = 1

    @property
    def size(self) -> ViewportSize:
        """As the browser wants it."""
        return {"width": self.width, "height": self.height}


ROOMY, USUAL, NARROW = Screen(1400, 1000), Screen(1400, 900), Screen(800, 900)
# The usual window, with its page at 150 %.
ENLARGED = Screen(933, 600, 1.5)
SCREENS = (NARROW, ENLARGED, USUAL)
# What a person sees in both front ends; the gate has the case of JupyterLab.
fronts = pytest.mark.parametrize(
    "jupyter", ["lab/tree", thorough("notebooks")], indirect=True, ids=["lab", "notebook"]
)
# JupyterLab says it at the bottom, Notebook 7 only in the notebook's toolbar.
IDLE = (
    ':text("runbook | Idle"),body[data-notebook] .jp-Notebook-ExecutionIndicator[data-status=idle]'
)
CONNECTED = """async () => {
    const {baseUrl} = JSON.parse(document.getElementById('jupyter-config-data').textContent);
    const answer = await fetch(`${baseUrl}api/sessions`);
    const sessions = answer.ok ? await answer.json() : [];
    // In JupyterLab of the notebook in front: another one's kernel may be there already.
    const tab = document.querySelector(
        '#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current .lm-TabBar-tabLabel');
    return sessions.some(one => one.path.endsWith(tab ? tab.textContent : '') && one.kernel
        && one.kernel.connections > 0 && one.kernel.execution_state === 'idle');
}"""
# What JupyterLab leaves of such a screen for the notebook.
VISIBLE_PX = 779
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
TYPESET_MS, LAID_OUT_MS = 3_000, 500
# Each part that is too narrow for what is in it, with the element that sticks out farthest inside.
WIDER = """part => [...document.querySelectorAll(part)]
    .filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 2)
    .map(one => {
        const right = item => item.getBoundingClientRect().right;
        const inside = [...one.querySelectorAll('*')]
            .filter(item => item.offsetParent || item.ownerSVGElement);
        const widest = inside.reduce((a, b) => right(b) >= right(a) ? b : a, one);
        return `${one.className} ${one.scrollWidth} > ${one.clientWidth}: <${widest.tagName} `
            + `${widest.getAttribute('class')}> ${widest.textContent.trim().slice(0, 60)}`;
    })"""
# Tables that go on beyond the frame of their picture; a drawing moves sideways in that frame.
OUTSIDE = """() => [...document.querySelectorAll('.rb table')].filter(one => one.offsetParent)
    .filter(one => !one.closest('.rb-scroll, details'))
    .filter(one => {
        const frame = one.closest('.rb').getBoundingClientRect();
        return one.getBoundingClientRect().right > frame.right + 4;
    })
    .map(one => one.textContent.trim().slice(0, 60))"""
# How the cell of the parameters begins, which is folded.
FOLDED = "host: str"
# The number of a cell that runs, or has run.
BEGUN = re.compile(r"\[(\*|\d+)\]")
ARTEFACTS = Path(os.environ.get("RUNBOOK_ARTEFACTS", Path(__file__).parent / "artefacts"))


def ready(page: Page) -> None:
    """Wait until the notebook in front has its cells and its kernel.

    JupyterLab on a busy machine now and then misses its kernel's first word; then the page
    is opened again, as a person does.
    """
    try:
        _ready(page, 30_000)
    except TooLate:
        picture(page, "not-ready")
        page.reload()
        _ready(page, PATIENCE_MS)


def _ready(page: Page, patience_ms: int) -> None:
    page.wait_for_selector(".jp-NotebookPanel:visible .jp-Cell", timeout=patience_ms)
    page.wait_for_selector(IDLE, timeout=patience_ms)
    # Notebook 7 calls a kernel idle that it is not connected to yet; what runs then is lost.
    page.wait_for_function(CONNECTED, timeout=patience_ms)


def at_each_screen(page: Page) -> Iterator[Screen]:
    """The page in each window, one after the other; in the end in the usual one.

    A window is enlarged as Ctrl and plus do it: fewer pixels of the page, each drawn larger.
    """
    session = page.context.new_cdp_session(page)
    for screen in SCREENS:
        page.set_viewport_size(screen.size)
        told = {**screen.size, "deviceScaleFactor": screen.scale, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", told)
        # JupyterLab lays out its own parts a moment after the window.
        page.wait_for_timeout(LAID_OUT_MS)
        yield screen
    session.detach()
    # Without this the page has the size of the browser's own window from here on.
    page.set_viewport_size(ROOMY.size)
    page.set_viewport_size(SCREEN)


def measured(name: str, value: float, unit: str = "s") -> None:
    """Print how long an operator waits, or a page is, and keep it beside the pictures."""
    line = f"{name}: {value:.1f} {unit}"
    print(line)  # noqa: T201 - pytest -rP shows it
    ARTEFACTS.mkdir(exist_ok=True)
    with (ARTEFACTS / "measured.txt").open("a") as kept:
        kept.write(f"{line}\n")


def picture(page: Page, name: str) -> None:
    """Keep what is on the screen; the name says where it was seen, unless as usual."""
    ARTEFACTS.mkdir(exist_ok=True)
    size = page.viewport_size or SCREEN
    front = "-notebook" if "/notebooks/" in page.url else ""
    width = f"-{size['width']}" if size["width"] != SCREEN["width"] else ""
    page.screenshot(path=ARTEFACTS / f"{name}{front}{width}.png")


def pictures(page: Page, name: str, top: Locator | None = None) -> None:
    """Keep what is on the screen, in dark and in light; the themes follow the system.

    `top` is brought to the top of the view before each picture: the page is laid out anew.
    """
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        light = str(scheme == "light").lower()
        expect(page.locator("body")).to_have_attribute(
            "data-jp-theme-light", light, timeout=PATIENCE_MS
        )
        # JupyterLab covers the page while it changes its theme.
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        if top:
            page.wait_for_timeout(LAID_OUT_MS)
            top.evaluate("part => part.scrollIntoView({block: 'start'})")
        picture(page, f"{name}-{scheme}")


def room(page: Page) -> float:
    """What the front end leaves of the screen for the notebook, in pixels."""
    seen: float = page.locator(".jp-WindowedPanel-outer").evaluate("view => view.clientHeight")
    return seen


def see_nothing_cut_off(page: Page, part: str) -> None:
    """See that all of this, and every table, fits into the width that there is."""
    wide: list[str] = [*page.evaluate(WIDER, part), *page.evaluate(OUTSIDE)]
    assert not wide, "\n".join(wide)


def see_nothing_typeset(page: Page) -> None:
    """See that no `$...$` was read as LaTeX; MathJax comes a moment after what it typesets."""
    page.wait_for_timeout(TYPESET_MS)
    expect(page.locator("mjx-container")).to_have_count(0)


def run_all(page: Page) -> None:
    """The menu's 'Run All Cells'; once more where it came before the page had its kernel.

    Notebook 7 on a busy machine forgets such a run, and every cell is as if nobody had run it.
    """
    begun = page.locator(".jp-NotebookPanel:visible .jp-InputPrompt", has_text=BEGUN)
    for _ in range(3):
        dialogs = page.locator(".jp-Dialog").all_inner_texts()
        assert not dialogs, dialogs
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_timeout(2000)
        if begun.count():
            return
    expect(begun.first).to_be_visible()


def cell(page: Page, call: str) -> Locator:
    """The code cell that holds this call, brought into view."""
    found = page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=call))
    # Playwright's own waits until nothing moves, and an output that is being drawn moves for long.
    found.evaluate("cell => cell.scrollIntoView({block: 'center'})", timeout=PATIENCE_MS)
    return found


def run(page: Page, call: str) -> Locator:
    """Run one cell."""
    if call == FOLDED:
        page.locator(".jp-MarkdownCell", has_text="1. Parameters").click()
        page.keyboard.press("ArrowDown")
        # The parameters, and the folded cell that imports what the others call.
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        return page.locator(".jp-CodeCell").first
    found = cell(page, call)
    found.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    return found


def ended(page: Page, call: str) -> Locator:
    """The cell once it has a number, and so has ended."""
    if call == FOLDED:
        page.wait_for_selector(IDLE, timeout=PATIENCE_MS)
        return page.locator(".jp-CodeCell").first
    found = cell(page, call)
    number = found.locator(".jp-InputPrompt").first
    expect(number).to_contain_text("[", timeout=PATIENCE_MS)
    expect(number).not_to_have_text("[*]:", timeout=PATIENCE_MS)
    expect(number).not_to_have_text("[ ]:", timeout=PATIENCE_MS)
    return found


def answer(page: Page, text: str) -> None:
    """Type an answer where a cell asks."""
    # Of a question that is asked again, the answered one may still be there.
    prompt = page.locator(".jp-Stdin-input").last
    expect(prompt).to_be_visible(timeout=PATIENCE_MS)
    prompt.fill(text)
    prompt.press("Enter")


def restart(page: Page) -> None:
    """The menu's 'Restart Kernel…', and a yes."""
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Restart Kernel…", exact=True).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_timeout(1000)
    page.wait_for_selector(IDLE, timeout=60_000)


def reload(page: Page) -> None:
    """The page closed and opened again; the kernel lives on."""
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    page.reload()
    ready(page)


def _fold_parameters(page: Page) -> None:
    """As the notebook comes: a test unfolds them, to fill them in."""
    page.locator(".jp-MarkdownCell", has_text="1. Parameters").click()
    page.keyboard.press("ArrowDown")
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitem", name="Collapse Selected Code").click()
    page.wait_for_timeout(1000)


def screens(page: Page) -> float:
    """How many screens of 1400x900 the notebook in front is long, first cell to last."""
    page.set_viewport_size(SCREEN)
    assert page.evaluate("[innerWidth, innerHeight]") == list(SCREEN.values())
    _fold_parameters(page)
    ends: list[float] = page.evaluate(
        """() => {
            const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
            const boxes = [...panel.querySelectorAll('.jp-Cell')].map(
                one => one.getBoundingClientRect()
            );
            return [Math.min(...boxes.map(box => box.top)),
                    Math.max(...boxes.map(box => box.bottom))];
        }"""
    )
    return (ends[1] - ends[0]) / VISIBLE_PX
