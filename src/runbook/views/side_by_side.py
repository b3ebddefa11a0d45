"""Two states of a host, side by side: links, addresses, routes, neighbours, iptables in the open.

A row is there once, with `was → is` where it changed, so the tables show the whole state after as
well. Routes that the kernel makes by itself, files and all other tables are folded, with a count.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runbook.state import addresses, links, neighbours, routes
from runbook.state.diff import Diff, diff
from runbook.state.files import FileRow
from runbook.state.firewall import FirewallRow
from runbook.state.pairing import Pair, paired
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.table import Table
from runbook.views.boot import edits
from runbook.views.changes import by_table, changes, counts
from runbook.views.iptables import iptables
from runbook.views.page.picture import Picture, note, stack
from runbook.views.pairs import Cells, cells, folded_pairs, pairs_table
from runbook.views.tables import beside, fold

LOCAL_TABLE, MAIN_TABLE = 255, 254
KERNELS = ("local", "broadcast", "anycast", "multicast")
IN_THE_OPEN = ("links", "addresses", "routes", "neighbours", "firewall")
FILES = "files"
LEGEND = "+ was added, - was removed, ~ changed: was → is. Rows without a sign are as before."
# Shown as the lines that differ, and not as cells.
OF_TEXT = ("content", "sha256", "encoding")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A table: which columns, and by which cells a row of before is found again."""

    table: Table[Any]
    caption: str
    columns: tuple[str, ...]
    same: tuple[str, ...]

    def cells(self, extra: Iterable[str] = ()) -> tuple[Cells, ...]:
        return cells((*self.columns, *extra), moving=self.table.volatile)

    def pairs(self, before: Snapshot, after: Snapshot) -> tuple[Pair[Any], ...]:
        rows = (before.rows(self.table.row), after.rows(self.table.row))
        return paired(self.table, *rows, self.same)


LINKS = _Shown(
    links.TABLE,
    "Links",
    ("ifname", "kind", "mac", "mtu", "up", "carrier", "master", "stp"),
    ("ifname",),
)
ADDRESSES = _Shown(
    addresses.TABLE,
    "Addresses",
    ("family", "address", "prefixlen", "ifname", "scope", "flags"),
    ("family", "address", "prefixlen"),
)
ROUTES = _Shown(
    routes.TABLE,
    "Routes",
    ("family", "dst", "gateway", "ifname", "prefsrc", "metric", "protocol", "scope"),
    ("family", "table", "type", "dst", "tos", "metric"),
)
NEIGHBOURS = _Shown(
    neighbours.TABLE,
    "Neighbours (ARP and NDP)",
    ("family", "address", "ifname", "mac", "state"),
    ("family", "address"),
)


def side_by_side(before: Snapshot, after: Snapshot, product: str = "diff.json") -> Picture:
    """The five tables whole, each row with what it was; all else that differs, folded.

    `product` is the file in the run folder that holds every difference; '' if there is none.
    """
    found = diff(before, after)
    told = LEGEND
    if product:
        told += f" Every difference is in {product} in the run folder."
    head = note("no row differs", "good") if found.settled.empty else note(told)
    return stack((head, *_open(before, after), beside(_rest(before, after, found))))


def _open(before: Snapshot, after: Snapshot) -> Iterator[Picture]:
    for shown in (LINKS, ADDRESSES):
        yield _drawn(shown, shown.pairs(before, after))
    pairs = ROUTES.pairs(before, after)
    made = [pair for pair in pairs if _is_the_kernel_s(pair.row)]
    yield _drawn(ROUTES, [pair for pair in pairs if pair not in made])
    extra = ("table", "type")
    yield folded_pairs(made, ROUTES.cells(extra), "Local and broadcast routes, made by the kernel")
    yield _drawn(NEIGHBOURS, NEIGHBOURS.pairs(before, after))
    yield iptables(before.rows(FirewallRow), after.rows(FirewallRow))


def _drawn(group: _Shown, pairs: Iterable[Pair[Any]]) -> Picture:
    """With the columns that are not shown as a rule, where one of them differs."""
    pairs = tuple(pairs)
    others = [name for name in group.table.settled if name not in group.columns]
    extra = [name for name in others if any(_differs(pair, name) for pair in pairs)]
    return pairs_table(pairs, group.cells(extra), group.caption)


def _differs(pair: Pair[Any], name: str) -> bool:
    """Whether this cell changed; an address that moved has a label of its new interface."""
    if pair.was is None or pair.now is None:
        return False
    if name == "label" and pair.was.ifname != pair.now.ifname:
        return False
    return bool(getattr(pair.was, name) != getattr(pair.now, name))


def _is_the_kernel_s(row: RouteRow) -> bool:
    return row.table == LOCAL_TABLE or row.type in KERNELS


def _rest(before: Snapshot, after: Snapshot, difference: Diff) -> Iterator[Picture]:
    """Every other table that differs, each behind a line that counts."""
    others = (row for row in difference.found if row.table not in IN_THE_OPEN)
    for name, rows in by_table(others).items():
        bare = [row for row in rows if row.column and row.column not in OF_TEXT]
        inside = changes(rows) if name != FILES else stack((_files(before, after), changes(bare)))
        head = f"{name}: {counts({(row.key, row.change): row for row in rows}.values())}"
        # A log would be buried by it.
        yield Picture(fold(head, inside).body, head)


def _files(before: Snapshot, after: Snapshot) -> Picture:
    """The lines that differ, file by file."""
    old, new = _texts(before), _texts(after)
    paths = sorted({*old, *new})
    return edits(_diff(path, old, new) for path in paths if old.get(path) != new.get(path))


def _texts(snapshot: Snapshot) -> dict[str, str]:
    return {row.path: row.content for row in snapshot.rows(FileRow)}


def _diff(path: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    was, now = (side.get(path, "").splitlines() for side in (old, new))
    return "\n".join(difflib.unified_diff(was, now, path, path, lineterm=""))
