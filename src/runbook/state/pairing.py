"""Two readings of a table, row by row: which row of before is which row of after.

A route that leaves by another interface than before is one row that changed, and not one that
went and one that came.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from runbook.state.table import Key, R, Table, by_key, cells_of, sequences


@dataclass(frozen=True, slots=True)
class Pair(Generic[R]):
    """A row before and after; None where it is not there. `moved`: it follows another rule."""

    was: R | None
    now: R | None
    moved: bool = False

    @property
    def row(self) -> R:
        """The row after, or, of one that is gone, the row before."""
        row = self.now if self.now is not None else self.was
        if row is None:
            raise ValueError("a pair has at least one row")
        return row

    def differs(self, columns: Sequence[str]) -> bool:
        """Whether it is another row than before, as far as these columns say."""
        if self.was is None or self.now is None or self.moved:
            return True
        cells = cells_of(columns)
        return cells(self.was) != cells(self.now)


def paired(
    table: Table[R], before: Sequence[R], after: Sequence[R], same: Sequence[str]
) -> tuple[Pair[R], ...]:
    """All rows, in the order of the table's key; `same` are the columns that pair what is left."""
    old, new = by_key(table, before), by_key(table, after)
    cells = cells_of(same)
    unpaired: dict[Key, deque[R]] = defaultdict(deque)
    for key in old.keys() - new.keys():
        unpaired[cells(old[key])].append(old[key])
    pairs = [Pair(old[key], new[key]) for key in new if key in old]
    for key in new.keys() - old.keys():
        waiting = unpaired[cells(new[key])]
        pairs.append(Pair(waiting.popleft() if waiting else None, new[key]))
    pairs += [Pair(row, None) for rows in unpaired.values() for row in rows]
    own = cells_of(table.key)
    return tuple(sorted(pairs, key=lambda pair: (own(pair.row), pair.now is None)))


def in_sequence(table: Table[R], before: Sequence[R], after: Sequence[R]) -> tuple[Pair[R], ...]:
    """Rules in the order of their chains after; one that is gone stands where it stood."""
    old, new = by_key(table, before), by_key(table, after)
    old_chains, new_chains = sequences(table, old), sequences(table, new)
    pairs: list[Pair[R]] = []
    for chain in sorted({*old_chains, *new_chains}):
        pairs += _merged(old_chains.get(chain, []), new_chains.get(chain, []), old, new)
    return tuple(pairs)


def _merged(
    was: Sequence[Key], now: Sequence[Key], old: dict[Key, R], new: dict[Key, R]
) -> list[Pair[R]]:
    before, pairs = _followed(was, new), []
    after = _followed(now, old)
    removed = deque(was)
    for key in now:
        if key in old:
            while removed and removed[0] not in new:
                pairs.append(Pair(old[removed.popleft()], None))
            if removed and removed[0] == key:
                removed.popleft()
            elif key in removed:
                removed.remove(key)
        moved = key in old and before[key] != after[key]
        pairs.append(Pair(old.get(key), new[key], moved))
    return [*pairs, *(Pair(old[key], None) for key in removed if key not in new)]


def _followed(keys: Sequence[Key], others: dict[Key, R]) -> dict[Key, Key]:
    """What each row follows, of the rows that are on both sides."""
    common = [key for key in keys if key in others]
    return dict(zip(common, ((), *common), strict=False))
