"""What a cell shows: HTML for a browser, and as good a text for a terminal or a log.

Everything a host says is untrusted. HTML is escaped where it is made; text has
its control characters spelled out, so that no host can drive a terminal.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

from runbook.common.printable import printable
from runbook.views.page.style import STYLE


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """One thing to look at; `body` is escaped HTML, `text` its plain counterpart."""

    body: str
    text: str

    def html(self) -> str:
        """A piece of HTML for a page that has the style already; see `page_head`."""
        return framed(self.body)

    def alone(self) -> str:
        """HTML that stands alone, its style with it."""
        return f"{STYLE}{self.html()}"

    def _repr_html_(self) -> str:
        """What IPython asks for, for JupyterLab and the archived page."""
        return self.html()

    def __repr__(self) -> str:
        """For papermill's log and terminals, where IPython asks for text/plain."""
        return self.text


def framed(body: str) -> str:
    """The body in the frame that the style knows, and that no front end typesets.

    JupyterLab takes `$…$` for LaTeX, and a script of the shell's loses its variables by that.
    """
    return f'<div class="rb mathjax_ignore">{body}</div>'


def stack(pictures: Iterable[Picture]) -> Picture:
    """Several pictures, one below the other."""
    shown = tuple(pictures)
    return Picture(
        "".join(picture.body for picture in shown),
        "\n\n".join(picture.text for picture in shown),
    )


def safe(value: object) -> str:
    """Text for HTML: escaped, quotes included, control characters spelled out."""
    return html.escape(plain(value), quote=True)


def plain(value: object) -> str:
    """Text for a terminal: line breaks kept, every other control character spelled out."""
    return printable(str(value))


def note(text: str, tone: str = "note") -> Picture:
    """A sentence; tone is one of note, good, warn, bad."""
    mark = {"good": "✓ ", "warn": "! ", "bad": "✗ "}.get(tone, "")
    return Picture(f'<p class="rb-say rb-{tone}">{mark}{safe(text)}</p>', f"{mark}{plain(text)}")


def title(text: str) -> Picture:
    """A heading above what follows."""
    return Picture(f'<p class="rb-title">{safe(text)}</p>', f"{plain(text)}")
