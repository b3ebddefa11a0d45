"""The button of the landing page that asks the hosts: it runs all cells of the page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from runbook.views import Picture
from runbook.views.page.picture import safe

# JupyterLab's own command.
RUN_ALL = "notebook:run-all-cells"


def ask_button(words: str, *, opens: str = "") -> Picture:
    """The button; nothing in a log.

    `opens` is the end of a notebook's path: the button is pressed by itself once the kernel of that
    notebook is idle.
    """
    command = f'data-commandlinker-command="{RUN_ALL}" data-commandlinker-args="{{}}"'
    own = f' data-opens="{safe(opens)}"' if opens else ""
    button = f'<button type="button" {command}{own}>{safe(words)}</button>'
    return Picture(f"<p>{button}<script>{_script()}</script></p>", "")


@cache
def _script() -> str:
    return files(__package__).joinpath("ask.js").read_text(encoding="utf-8").strip()
