"""Native nft tables: whether anything in them could lose a packet.

They are not walked through. A table that only accepts lets everything by; of
one that drops, rejects or queues anywhere nobody knows here what it drops.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from runbook.plan.netfilter.ruleset import ChainPlace
from runbook.plan.netfilter.walk import DecidingRule, Judgement, PacketVerdict
from runbook.state.host.operator_connection import Family
from runbook.state.nftables import NftablesRow

# nft's families whose chains meet the packets of a family.
FAMILIES = {"inet": ("ip", "inet"), "inet6": ("ip6", "inet")}
LOSES = ('{"drop":', '{"reject":', '"queue":', '{"dnat":', '{"redirect":', '{"tproxy":')


def native(nftables: Iterable[NftablesRow], family: Family, hooks: Iterable[str]) -> Judgement:
    """ACCEPT where no table with a chain at one of the hooks could lose a packet, else UNSURE."""
    hooks = tuple(hooks)
    rows = [row for row in nftables if row.family in FAMILIES[family]]
    at_hook = {_table(row) for row in rows if row.position == 0 and hook_of(row) in hooks}
    trace = tuple(
        DecidingRule(ChainPlace("nft", row.family, row.table, row.chain), said, False)  # noqa: FBT003
        for row in rows
        if _table(row) in at_hook and (said := _loses(row))
    )
    return Judgement(PacketVerdict.UNSURE if trace else PacketVerdict.ACCEPT, trace)


def _table(row: NftablesRow) -> tuple[str, str]:
    return (row.family, row.table)


def hook_of(row: NftablesRow) -> str:
    """Where in a packet's way a base chain is asked; '' for a rule or another chain."""
    document = json.loads(row.rule or "{}")
    return str(document.get("hook", "")) if isinstance(document, dict) else ""


def _loses(row: NftablesRow) -> str:
    text = row.rule
    if row.position == 0:
        return f"policy of {row.chain}: drop" if '"policy": "drop"' in text else ""
    return text if any(word in text for word in LOSES) else ""
