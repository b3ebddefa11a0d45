"""What a page has once: the style of all pictures, and the one script, for its long tables.

With the script a reader sorts, filters and searches them. DataTables is in the package and goes
into the page, so nothing is loaded from anywhere. The tables are complete without it. In a front
end it also keeps the keys pressed in a form from being commands of the notebook.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from runbook.views.page.picture import Picture
from runbook.views.page.style import STYLE, TOOLS

FOLDER = "datatables"
LIBRARY, OURS, KEYS = "dataTables.min.js", "page.js", "keys.js"
SAID = "(on the page, tables of more than a few rows can be sorted, filtered and searched)"


@cache
def script() -> str:
    """DataTables (MIT, its notice in its first lines), what applies it to our tables, the keys."""
    # Where a page has a module loader, the library would register there and not be found.
    library = f"(function(define,module,exports){{{_text(LIBRARY)}\n}}).call(window);"
    return f"if(!window.runbookTables){{{library}}}\n{_text(OURS)}\n{_text(KEYS)}"


@cache
def script_source() -> str:
    """The script as a Content-Security-Policy names it: this one and no other."""
    digest = hashlib.sha256(script().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def page_head(*, scripted: bool = True) -> Picture:
    """Shown once, first in a notebook; it serves every picture and table of it.

    A notebook that nobody looks at while it runs needs no script: JupyterLab does not run the
    script of a notebook that it did not execute itself, and the archived page has its own.
    """
    tools = f"<style>{TOOLS}</style><script>{script()}</script>" if scripted else ""
    return Picture(f"{STYLE}{tools}", SAID)


def _text(name: str) -> str:
    return files("runbook.views.page").joinpath(FOLDER, name).read_text(encoding="utf-8").strip()
