"""An executed notebook as one page that loads nothing, and runs nothing but our one script.

What a host said is in it, and so is whatever somebody typed into the notebook:
markup is cut down to what the pictures need, and a policy in its head forbids
the rest. The script that sorts and searches tables is named there by its
digest; the tables and all else are complete without it.
"""

from __future__ import annotations

import re
from typing import Any

import nbformat
from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML

from runbook.views.page.interactive import script, script_source
from runbook.views.page.print_style import PRINT, running_header
from runbook.views.page.style import PAGE, SHEET, TOOLS

# The page has each of these once, in its head.
_ONCE = re.compile(r"<(style|script)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
# A widget has no kernel here; the picture beside it in the same output shows what it held.
_WIDGET = "application/vnd.jupyter.widget-view+json"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:;"
    " base-uri 'none'; form-action 'none'; script-src {{ resources.runbook_source }}"
)
_DARK = '<style media="screen and (prefers-color-scheme: dark)">'
_TEMPLATE = f"""\
{{%- extends 'lab/index.html.j2' -%}}
{{%- block html_head_js -%}}
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="color-scheme" content="light dark">
{{%- endblock html_head_js -%}}
{{%- block jupyter_widgets -%}}{{%- endblock -%}}
{{%- block html_head_js_mathjax -%}}{{%- endblock -%}}
{{%- block html_head_js_mermaidjs -%}}{{%- endblock -%}}
{{%- block html_head_css -%}}
{_DARK}{{{{ resources.include_css("static/theme-dark.css").partition(">")[2] }}}}
<style>{SHEET}{TOOLS}{PAGE}{PRINT}{{{{ resources.runbook_header }}}}</style>
<script>{{{{ resources.runbook_script }}}}</script>
{{%- endblock html_head_css -%}}
"""
_TAGS = [
    *("a", "b", "br", "caption", "code", "details", "div", "em", "h1", "h2", "h3", "h4"),
    *("hr", "i", "li", "ol", "p", "pre", "span", "strong", "summary", "table", "tbody"),
    *("td", "th", "thead", "tr", "ul", "svg", "g", "rect", "path", "text", "title"),
]
# The names with a capital in them are spelled in either way, before and after parsing.
_SHAPES = [
    *("x", "y", "width", "height", "rx", "d", "xmlns", "viewBox", "viewbox", "text-anchor"),
    *("textLength", "textlength", "lengthAdjust", "lengthadjust"),
]
_ATTRIBUTES = {
    "*": ["class", "role", "scope", "colspan", "rowspan", "aria-label", "aria-hidden", "tabindex"],
    "a": ["href"],
    **{name: [*_SHAPES, "class", "role"] for name in ("g", "rect", "path", "text")},
    "svg": [*_SHAPES, "class", "role"],
}


def page(text: str, title: str) -> str:
    """The notebook as one HTML page without links to other files and with one script."""
    read: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]  # it has none
    for output in (o for cell in read["cells"] for o in cell.get("outputs", [])):
        data = output.get("data", {})
        if "text/html" in data:
            data["text/html"] = _ONCE.sub("", "".join(data["text/html"]))
            data.pop(_WIDGET, None)
    read["metadata"].pop("widgets", None)
    read["metadata"]["title"] = title
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]  # likewise
        extra_loaders=[DictLoader({"page.html.j2": _TEMPLATE})],
        template_file="page.html.j2",
        preprocessors=[_sanitizer()],
    )
    given = {
        "runbook_script": script(),
        "runbook_source": script_source(),
        "runbook_header": running_header(title),
    }
    body, _ = exporter.from_notebook_node(read, resources=given)
    return str(body)


def _sanitizer() -> SanitizeHTML:
    return SanitizeHTML(tags=_TAGS, attributes=_ATTRIBUTES, strip=True)  # type: ignore[no-untyped-call]  # likewise
