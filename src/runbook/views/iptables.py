"""The rules of iptables in the order in which the kernel asks them; libvirt's own folded."""

from __future__ import annotations

from collections.abc import Sequence

from runbook.plan.changes.firewall import PROGRAMS
from runbook.plan.netfilter.owner import LIBVIRT, owner
from runbook.state.firewall import TABLE, FirewallRow
from runbook.state.pairing import Pair, in_sequence, paired
from runbook.views.page.picture import Picture, stack
from runbook.views.pairs import Cells, cells, folded_pairs, pairs_table

OWN_CHAIN = "LIBVIRT_"
COUNTERS = ("packets", "bytes")
COLUMNS = (
    Cells("owner", lambda row: owner(row.chain, row.rule)),
    Cells("program", lambda row: PROGRAMS[row.backend, row.family]),
    *cells(("table", "rule")),
    *cells(COUNTERS, moving=COUNTERS),
)
Rules = Sequence[FirewallRow]
Place = tuple[str, str, str, str]


def iptables(before: Rules, after: Rules) -> Picture:
    """Chain by chain. Folded: chains of libvirt, and chains that filter nothing."""
    used = {place(row) for row in (*before, *after) if _is_of_others(row)}
    pairs = [*in_sequence(TABLE, before, after), *_of_libvirt(before, after)]
    shown = [pair for pair in pairs if place(pair.row) in used]
    folded = [pair for pair in pairs if place(pair.row) not in used]
    parts = [pairs_table(shown, COLUMNS, "iptables, both backends")]
    if folded:
        name = "Chains of libvirt, and chains that accept everything"
        parts.append(folded_pairs(folded, COLUMNS, name))
    return stack(parts)


def place(row: FirewallRow) -> Place:
    """The chain that a rule stands in."""
    return (row.backend, row.family, row.table, row.chain)


def _is_of_others(row: FirewallRow) -> bool:
    """Whether a person has to see its chain: a rule of others than libvirt, a policy like DROP."""
    if row.position > 0:
        return owner(row.chain, row.rule) != LIBVIRT
    return row.rule.startswith("-P ") and not row.rule.endswith(" ACCEPT")


def _of_libvirt(before: Rules, after: Rules) -> list[Pair[FirewallRow]]:
    """Its own chains, of which no order is compared."""
    old, new = ([r for r in rows if r.chain.startswith(OWN_CHAIN)] for rows in (before, after))
    found = paired(TABLE, old, new, TABLE.key)
    return sorted(found, key=lambda pair: (place(pair.row), pair.row.position))
