"""The documents as a site: `make docs`. Strict: a broken link or a page without a place fails."""

from __future__ import annotations

from sphinx.application import Sphinx

project = "runbook"
html_title = project
extensions = ["myst_parser"]
root_doc = "index"
# Headings get the anchors that a reader of the plain files sees as well.
myst_heading_anchors = 4

html_theme = "alabaster"
html_theme_options = {"fixed_sidebar": True, "page_width": "64rem"}
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False

_SECTIONS = {
    "Tutorial": ["tutorial/*"],
    "How-to": ["howto/*"],
    "Reference": ["hosts", "records", "reference/*", "glossary"],
    "Explanation": ["explanation/*", "decisions/README"],
}


def setup(app: Sphinx) -> None:
    """Add the menu at build time, so that index.md is readable as a plain file."""
    app.connect("source-read", _add_menu)


def _add_menu(_app: Sphinx, document: str, source: list[str]) -> None:
    if document == "index":
        source[0] += "".join(map(_menu, _SECTIONS, _SECTIONS.values()))
    if document == "decisions/README":
        source[0] += _menu("Decisions", ["0*"])


def _menu(caption: str, pages: list[str]) -> str:
    entries = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {caption}\n\n{entries}\n```\n"
