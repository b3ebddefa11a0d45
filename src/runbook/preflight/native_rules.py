"""Rules of nft's own tables: whether one accepts what it is given, and the command for one more.

A chain of nft's own decides beside those of iptables: what iptables accepts, it may still drop.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from runbook.plan.netfilter.native import hook_of, native
from runbook.plan.netfilter.walk import PacketVerdict
from runbook.state.host.operator_connection import Family
from runbook.state.nftables import NftablesRow

NFTABLES = "/etc/nftables.conf"
# Expressions of a rule that leave its verdict as it is.
_BESIDE = frozenset(("match", "accept", "counter", "log"))
Chain = tuple[str, str, str]
ACCEPT = PacketVerdict.ACCEPT


def chain_of(row: NftablesRow) -> Chain:
    """Family, table and chain."""
    return (row.family, row.table, row.chain)


def accepts(row: NftablesRow, packet: Mapping[str, object]) -> bool:
    """Whether the rule surely accepts a packet; its fields are called `iifname`, `tcp dport`."""
    expressions = json.loads(row.rule or "[]")
    if not isinstance(expressions, list):
        return False
    words = {word for expression in expressions for word in expression}
    matches = (expression["match"] for expression in expressions if "match" in expression)
    return "accept" in words and words <= _BESIDE and all(_holds(m, packet) for m in matches)


def _holds(match: Mapping[str, Any], packet: Mapping[str, object]) -> bool:
    left, right = match["left"], match["right"]
    if not isinstance(left, dict):
        return False
    payload = left.get("payload", {})
    field = left.get("meta", {}).get("key") or f"{payload.get('protocol')} {payload.get('field')}"
    values = right["set"] if isinstance(right, dict) and "set" in right else [right]
    return match["op"] in ("==", "in") and field in packet and packet[field] in values


def accepting_first(rows: Iterable[NftablesRow], packet: Mapping[str, object]) -> frozenset[Chain]:
    """The chains whose first rule accepts the packet, whatever the others do."""
    return frozenset(chain_of(row) for row in rows if row.position == 1 and accepts(row, packet))


def dropping(rows: Iterable[NftablesRow], family: Family, hook: str) -> tuple[Chain, ...]:
    """The base chains at the hook whose tables may lose a packet of the family."""
    tables: dict[tuple[str, str], list[NftablesRow]] = {}
    for row in rows:
        tables.setdefault((row.family, row.table), []).append(row)
    losing = [
        table for table in tables.values() if native(table, family, (hook,)).verdict is not ACCEPT
    ]
    return tuple(chain_of(row) for table in losing for row in table if hook_of(row) == hook)


def accept_first(chains: Iterable[Chain], what: str) -> str:
    """The commands that put a rule before the others, and where it has to be for the next boot."""
    commands = "; ".join(f"nft insert rule {' '.join(chain)} {what} accept" for chain in chains)
    return f"{commands}; and put it first in the chain in {NFTABLES}, or in what else loads it"
