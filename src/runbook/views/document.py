"""An executed notebook as one page that loads nothing and runs nothing.

What a host said is in it, and so is whatever somebody typed into the notebook:
markup is cut down to what the pictures need, and a policy in its head forbids
the rest.
"""

from __future__ import annotations

import re
from typing import Any

import nbformat
from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML

from runbook.views.style import SHEET

_STYLES = re.compile(r"<style\b.*?</style>", re.DOTALL)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_TEMPLATE = f"""\
{{%- extends 'lab/index.html.j2' -%}}
{{%- block html_head_js -%}}
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
{{%- endblock html_head_js -%}}
{{%- block jupyter_widgets -%}}{{%- endblock -%}}
{{%- block html_head_js_mathjax -%}}{{%- endblock -%}}
{{%- block html_head_js_mermaidjs -%}}{{%- endblock -%}}
{{%- block html_head_css -%}}<style>{SHEET}</style>{{%- endblock -%}}
"""
_TAGS = [
    *("a", "b", "br", "caption", "code", "details", "div", "em", "h1", "h2", "h3", "h4"),
    *("hr", "i", "li", "ol", "p", "pre", "span", "strong", "summary", "table", "tbody"),
    *("td", "th", "thead", "tr", "ul", "svg", "g", "rect", "path", "text", "title"),
]
_SHAPES = ["x", "y", "width", "height", "rx", "d", "viewBox", "viewbox", "text-anchor", "xmlns"]
_ATTRIBUTES = {
    "*": ["class", "role", "scope", "colspan", "rowspan"],
    "a": ["href"],
    **{name: [*_SHAPES, "class", "role"] for name in ("svg", "g", "rect", "path", "text")},
}


def page(text: str, title: str) -> str:
    """The notebook as one HTML page without scripts and without links to other files."""
    read: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]  # it has none
    for output in (o for cell in read["cells"] for o in cell.get("outputs", [])):
        html = output.get("data", {}).get("text/html")
        if html is not None:
            # Without scripts a widget is nothing; its picture stands beside it.
            output["data"].pop("application/vnd.jupyter.widget-view+json", None)
            output["data"]["text/html"] = _STYLES.sub("", "".join(html))
    read["metadata"]["title"] = title
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]  # likewise
        extra_loaders=[DictLoader({"page.html.j2": _TEMPLATE})],
        template_file="page.html.j2",
        preprocessors=[_sanitizer()],
    )
    body, _ = exporter.from_notebook_node(read)
    return str(body)


def _sanitizer() -> SanitizeHTML:
    return SanitizeHTML(tags=_TAGS, attributes=_ATTRIBUTES, strip=True)  # type: ignore[no-untyped-call]  # likewise
