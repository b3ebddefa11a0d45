"""The archived page as a PDF, by WeasyPrint: an optional package, since it needs Pango."""

from __future__ import annotations

import re
from typing import Any

from runbook.common.errors import CorrectParameters
from runbook.views.page.column_widths import fix_columns
from runbook.views.page.style import SHEET

# WeasyPrint draws an SVG by the style inside it, and by no other.
_OF_SVG = re.compile(r"^\.rb svg ([^{]+\{[^}]*\})", re.MULTILINE)
_OPENING = re.compile(r"<svg\b[^>]*>")


def pdf(page: str) -> bytes:
    """The page as it is printed; loads nothing. Raises CorrectParameters without WeasyPrint."""
    weasyprint = _weasyprint()
    rules = "".join(
        rule.replace(".rb svg ", "").replace("Canvas", "white") for rule in _OF_SVG.findall(SHEET)
    )
    styled = _OPENING.sub(lambda tag: f"{tag[0]}<style>{rules}</style>", page)
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    document = weasyprint.HTML(string=styled, url_fetcher=nothing)
    fix_columns(document.etree_element)
    made: bytes = document.write_pdf()
    return made


def _weasyprint() -> Any:  # noqa: ANN401 - it has no types
    try:
        import weasyprint.urls  # noqa: PLC0415 - optional, and slow to import
    except (ImportError, OSError) as error:
        raise CorrectParameters(
            f"no PDF was made: WeasyPrint cannot be loaded ({error})",
            state="the records are as they were",
            then="`pip install 'runbook[pdf]'` and `apt install libpangoft2-1.0-0`; or open the"
            " page of the record (notebook.html) in a browser and print it",
        ) from None
    return weasyprint
