"""The documents: what they point to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
BESIDE = [ROOT / folder / "README.md" for folder in ("changes", "outputs", "tests")]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *BESIDE]
# A decision keeps the names of its day.
OF_TODAY = [page for page in PAGES if page.parent.name != "decisions"]
DOCUMENT = re.compile(r"\b(?:docs|changes|tests)/[\w/-]+\.md\b|\b(?:README|ARCHITECTURE)\.md\b")
CODE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
FOLDERS = (".", "src/runbook", "tests", "tests/unit")
ELSEWHERE = ("outputs/", "changes/+", "site/")

each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix()
)


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _links(page):
        assert _leads_somewhere(page, link), link


@pytest.mark.parametrize("page", OF_TODAY, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_source_file_that_is_named_exists(page: Path) -> None:
    for name in CODE.findall(page.read_text(encoding="utf-8")):
        if name.endswith((".py", ".sh", ".ipynb")) and not name.startswith(ELSEWHERE):
            assert any((ROOT / folder / name).exists() for folder in FOLDERS), name


def test_each_decision_has_a_number_of_its_own_and_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("0*.md"))
    # Two that are written at the same time may leave a number free.
    assert len({name[:4] for name in files}) == len(files)
    assert [link for link in _links(folder / "README.md") if link[0] == "0"] == files


def test_every_document_that_the_program_names_exists() -> None:
    named = {
        (path, name)
        for top in ("src", "notebooks", "params", "scripts")
        for path in (ROOT / top).rglob("*")
        if path.suffix in {".py", ".ipynb", ".yaml", ".sh", ""} and path.is_file()
        for name in DOCUMENT.findall(path.read_text(encoding="utf-8"))
    }
    assert named
    for path, name in named:
        assert (ROOT / name).is_file(), f"{path} names {name}"


def _links(page: Path) -> Iterator[str]:
    for token in _tokens(page):
        for part in token.children or ():
            if link := part.attrs.get("href") or part.attrs.get("src"):
                yield str(link)


def _leads_somewhere(page: Path, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme == "https"
    target = page.parent / parts.path if parts.path else page
    return target.exists() and (not parts.fragment or parts.fragment in _anchors(target))


def _anchors(page: Path) -> set[str]:
    tokens = _tokens(page)
    return {
        re.sub(r"[^\w -]", "", heading.content.lower()).replace(" ", "-")
        for opening, heading in pairwise(tokens)
        if opening.type == "heading_open"
    }


@cache
def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
