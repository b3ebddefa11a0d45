"""Accessibility: what axe-core finds wrong with a page, or with a part of it."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.0 to 2.2, levels A and AA: contrast of text is part of AA.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page, part: str = "", *, without: tuple[str, ...] = ()) -> str:
    """What is wrong, each with the elements it is wrong with; '' where nothing is.

    `part` is a CSS selector: all that it matches is looked at, the whole page
    where it is ''. What `without` matches is left out.
    """
    context: dict[str, list[str]] = {}
    if part:
        context["include"] = [part]
    if without:
        context["exclude"] = list(without)
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = Axe().run(page, context=context or None, options=options)
    return found.generate_report() if found.violations_count else ""


def assert_accessible(page: Page, part: str = "", *, without: tuple[str, ...] = ()) -> None:
    """Fail with axe's own words, which say what to do, where anything is wrong."""
    if part:
        assert page.locator(part).count(), f"nothing on the page is {part}"
    wrong = violations(page, part, without=without)
    assert not wrong, wrong
