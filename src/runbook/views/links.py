"""A table whose last column leads to files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from runbook.common.later import pd
from runbook.views.grid import Grid
from runbook.views.page.picture import Picture, plain, safe
from runbook.views.tables import LONG, Look, counted, first, table

# JupyterLab's own command: its file list goes to a folder.
OPEN_FOLDER = "filebrowser:open-path"


@dataclass(frozen=True, slots=True)
class Link:
    """Words, and the path that they lead to, from where the notebook is.

    `folder` is that path from the root of the file list, where it is a folder: no page opens one.
    """

    words: str
    path: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """How such a table is drawn: its caption, what it counts, the links' column and its place."""

    caption: str
    unit: str = "record"
    column: str = "opens"
    at: int | None = None
    empty: str = "none"
    classes: Grid | pd.DataFrame | None = None
    searched: bool = False


def linked(shown: Grid | pd.DataFrame, links: Sequence[Sequence[Link]], look: Links) -> Picture:
    """The rows, with a column of links beside each."""
    rows = first(shown, len(shown))
    if not len(rows):
        return table(rows, Look(look.caption, empty=look.empty))
    classes = rows.classes() if look.classes is None else first(look.classes, len(rows))
    told = f"{look.caption}: {counted(len(rows), look.unit)}"
    at = len(rows.names) if look.at is None else look.at
    names = [f'<th scope="col">{safe(name)}</th>' for name in rows.names]
    names.insert(at, f'<th scope="col">{safe(look.column)}</th>')
    head = "".join(names)
    body = "".join(_row(n, rows, (links[n], at), classes) for n in range(len(rows)))
    words = [", ".join(f"{link.words}: {link.path}" for link in to) for to in links]
    text = table(rows.with_column(look.column, words), Look(told, limit=len(rows), unit="")).text
    long = ' class="rb-long"' if look.searched and len(rows) > LONG else ""
    return Picture(
        f"<table{long}><caption>{safe(told)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>",
        plain(text),
    )


def _row(number: int, rows: Grid, links: tuple[Sequence[Link], int], classes: Grid) -> str:
    cells = [
        f'<td class="rb-words {tone}" data-label="{safe(name)}">{safe(word)}</td>'
        for name, word, tone in zip(
            rows.names, rows.rows[number], classes.rows[number], strict=True
        )
    ]
    opens, at = links
    cells.insert(at, f'<td class="rb-links">{"".join(map(anchor, opens))}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def anchor(link: Link) -> str:
    """The link as a page has it."""
    if not link.folder:
        return f'<a href="{safe(quote(link.path))}">{safe(link.words)}</a>'
    document = safe(json.dumps({"path": link.folder}))
    command = f'data-commandlinker-command="{OPEN_FOLDER}" data-commandlinker-args="{document}"'
    return f'<a href="#" {command}>{safe(link.words)}</a>'
