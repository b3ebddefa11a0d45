"""A fleet: a square for each host by its batch, and a row for each host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from runbook.views.board import SIGNS, TONES, StageMark
from runbook.views.grid import Grid
from runbook.views.links import Link, Links, linked
from runbook.views.page.picture import Picture, plain, safe, stack

COLUMNS = ["host", "batch", "state", "took", "left", "why"]
BLOCK = "rb-block"


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One host: `mark` is how it stands at a glance, `state` in words, `links` lead to its run."""

    host: str
    batch: int
    mark: StageMark
    state: str
    took: str = ""
    left: str = ""
    why: str = ""
    links: tuple[Link, ...] = ()


def fleet(rows: Sequence[FleetRow], caption: str) -> Picture:
    """The batches, then the hosts."""
    return stack((fleet_board(rows, caption), _table(rows)))


def fleet_board(rows: Sequence[FleetRow], caption: str) -> Picture:
    """The batches in their order, each host with its mark: a sign, a word, and a colour."""
    body, text = [f'<p class="rb-title">{safe(caption)}</p>'], [plain(caption)]
    for batch, hosts in groupby(rows, key=lambda row: row.batch):
        of = list(hosts)
        items = "".join(_item(row) for row in of)
        body.append(f'<ol class="rb-board" aria-label="batch {batch}">{items}</ol>')
        text.append("  ".join(f"{SIGNS[row.mark]} {plain(row.host)}" for row in of))
    return Picture("".join(body), "\n".join(text))


def _item(row: FleetRow) -> str:
    sign = f'<span class="rb-sign">{SIGNS[row.mark]}</span>'
    words = f"{sign} {safe(row.host)} <small>{safe(row.state)}</small>"
    return f'<li class="{TONES.get(row.mark, "")}">{words}</li>'


def _table(rows: Sequence[FleetRow]) -> Picture:
    cells = [(r.host, str(r.batch), r.state, r.took, r.left, r.why) for r in rows]
    shown = Grid.of(COLUMNS, cells)
    states = [BLOCK if r.mark == "failed" else TONES.get(r.mark, "") for r in rows]
    tones = shown.classes(marks={"state": states, "host": ["rb-name"] * len(rows)})
    look = Links("The hosts", unit="host", column="opens", classes=tones, searched=True)
    return linked(shown, [row.links for row in rows], look)
