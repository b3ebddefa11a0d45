"""The button of the landing page that asks the hosts: it runs all cells of the page.

Its script also presses it, where the files of params/ or the records have changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from runbook.views import Picture
from runbook.views.links import Link, anchor
from runbook.views.page.picture import safe

# JupyterLab's own command.
RUN_ALL = "notebook:run-all-cells"
# The notebook that writes the file of a host.
SURVEY, ADD = "survey.ipynb", "add a host"


def ask_button(words: str, page: Path, asked: Iterable[str] | None = None) -> Picture:
    """The button, and a link to what adds a host; nothing in a log.

    The button is pressed by itself: without `asked` once the kernel of the page is idle; else when
    the files of params/ are no more those of the hosts that were `asked`, or were edited, and when
    the page comes back after a run.
    """
    command = f'data-commandlinker-command="{RUN_ALL}" data-commandlinker-args="{{}}"'
    own = f' data-path="{safe(path_end(page))}"'
    if asked is not None:
        own += f' data-asked="{safe(",".join(sorted(f"{host}.yaml" for host in asked)))}"'
    button = f'<button type="button" {command}{own}>{safe(words)}</button>'
    add = anchor(Link(ADD, SURVEY))
    return Picture(f'<p class="rb-links">{button} {add}<script>{_script()}</script></p>', "")


def path_end(page: Path) -> str:
    """The path of the page from the folder of all starts on: the server's paths end with it."""
    return "/".join(page.parts[-3:])


@cache
def _script() -> str:
    return files(__package__).joinpath("ask.js").read_text(encoding="utf-8").strip()
