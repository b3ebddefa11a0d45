"""Native nftables rules: those that iptables does not show.

A table may bear the name of one of iptables' and yet hold native rules, as
`table ip filter` in an nftables.conf does. iptables then says that it cannot
show them, or shows a rule without the set it matches; so these are kept here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, NamedTuple

from runbook.common.errors import ReadFailed
from runbook.common.redact import redact_text
from runbook.state import firewall
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import Reader


class NftablesRow(NamedTuple):
    """One native rule, chain or set of nftables."""

    family: Annotated[str, "nft's word: ip, ip6, inet, arp, bridge or netdev"]
    table: Annotated[str, "the table's name"]
    chain: Annotated[
        str, "the chain's name; `set NAME`, `map NAME`, `flowtable NAME` for one of those"
    ]
    position: Annotated[int, "the rule's number in its chain, from 1; 0 is the chain or set itself"]
    rule: Annotated[str, "the expressions, the chain's hook and policy, or the elements, as JSON"]


KEY = ("family", "table", "chain", "position")
# iptables-nft keeps its rules in tables of these names; the firewall table has them.
IPTABLES = {
    (family, name)
    for family in ("ip", "ip6")
    for name in (
        "filter",
        "nat",
        "mangle",
        "raw",
        "security",
    )
}
FAMILIES = {"inet": "ip", "inet6": "ip6"}
HOLDERS = ("set", "map", "flowtable")
# What iptables never writes.
SETS = ('"set":', '"map":', '"vmap":')
SHOWN = ("chain", "rule", *HOLDERS)
PLACE = ("family", "table", "name", "handle", "index")
COUNTED = ("counter", "used", "used_unit", "expires")
Item = dict[str, Any]
TableName = tuple[str, str]


def parse(document: str, unshown: AbstractSet[TableName] = frozenset()) -> tuple[NftablesRow, ...]:
    """One row a chain, a rule and a set, from `nft -j list ruleset`.

    `unshown` are tables, as (family, name), that iptables knows it cannot show.
    """
    entries = json.loads(document)["nftables"]
    items = [pair for entry in entries for pair in entry.items() if pair[0] in SHOWN]
    native = {_table(item) for kind, item in items if _has_set(kind, item)} | unshown
    native_items = [pair for pair in items if _table(pair[1]) not in IPTABLES - native]
    counts: Counter[tuple[str, str, str]] = Counter()
    return ordered([_row(kind, item, counts) for kind, item in native_items], KEY)


def _table(item: Item) -> TableName:
    return (item["family"], item["table"])


def _has_set(kind: str, item: Item) -> bool:
    return kind in HOLDERS or (kind == "rule" and any(s in _text(item["expr"]) for s in SETS))


def _row(kind: str, item: Item, counts: Counter[tuple[str, str, str]]) -> NftablesRow:
    if kind == "rule":
        place = (*_table(item), item["chain"])
        counts[place] += 1
        return NftablesRow(*place, counts[place], _text(item["expr"]))
    name = item["name"] if kind == "chain" else f"{kind} {item['name']}"
    content = {key: value for key, value in item.items() if key not in PLACE}
    if {"timeout", "dynamic"} & set(item.get("flags", ())):
        # Its elements come and go by themselves.
        content.pop("elem", None)
    return NftablesRow(*_table(item), name, 0, _text(content))


def _text(value: object) -> str:
    return json.dumps(_settled(value), sort_keys=True)


def redacted(rule: str) -> str:
    """A rule's JSON without secrets."""
    try:
        return rule if rule == redact_text(rule) else _text(json.loads(rule))
    except json.JSONDecodeError:
        return redact_text(rule)


def _settled(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The value without its counts, and with no secret in a comment."""
    if isinstance(value, dict):
        return {key: None if key in COUNTED else _settled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    return redact_text(value) if isinstance(value, str) else value


@understood
def read(host: Reader) -> tuple[NftablesRow, ...]:
    """Ask nft; if it does not answer, that is an error, because rules would be overlooked."""
    done = host.query(["nft", "-j", "list", "ruleset"])
    if done.returncode != 0:
        raise ReadFailed(
            f"the nftables rules cannot be read: {done.stderr.decode(errors='replace').strip()}",
            host=host.name,
            state="nothing was written",
            then="install nftables on the host, and see that `nft -j list ruleset` works there",
        )
    return parse(done.stdout.decode(errors="replace"), _unshown(host))


def _unshown(host: Reader) -> set[TableName]:
    texts = ((s.family, firewall.ask(host, s)) for s in firewall.SOURCES if s.backend == "nft")
    return {(FAMILIES[family], name) for family, text in texts for name in firewall.unshown(text)}


TABLE = Table("nftables", NftablesRow, KEY, read)
