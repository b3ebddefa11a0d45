"""A table whose last column leads to files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import pandas as pd

from runbook.views.page.picture import Picture, plain, safe
from runbook.views.tables import Look, counted, table


@dataclass(frozen=True, slots=True)
class Link:
    """Words, and the path that they lead to, from where the notebook is."""

    words: str
    path: str


def linked(rows: pd.DataFrame, links: Sequence[Sequence[Link]], caption: str) -> Picture:
    """The records, with a column `opens` of links beside each."""
    if rows.empty:
        return table(rows, Look(caption))
    told = f"{caption}: {counted(len(rows), 'record')}"
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in [*rows.columns, "opens"])
    pairs = zip(rows.astype(str).to_numpy().tolist(), links, strict=True)
    body = "".join(f"<tr>{_cells(row)}<td>{_anchors(to)}</td></tr>" for row, to in pairs)
    words = [", ".join(f"{link.words}: {link.path}" for link in to) for to in links]
    text = table(rows.assign(opens=words), Look(told, limit=len(rows), unit="")).text
    return Picture(
        f"<table><caption>{safe(told)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>",
        plain(text),
    )


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td>{safe(cell)}</td>" for cell in row)


def _anchors(links: Sequence[Link]) -> str:
    return " ".join(f'<a href="{safe(quote(ln.path))}">{safe(ln.words)}</a>' for ln in links)
