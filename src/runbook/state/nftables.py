"""Native nftables rules: those that iptables does not show."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pandas as pd

from runbook.errors import ReadFailed
from runbook.state.table import Table, frame
from runbook.transport.host import Reader

COLUMNS = {
    "family": ("str", "nft's word: ip, ip6, inet, arp, bridge or netdev"),
    "table": ("str", "the table's name"),
    "chain": ("str", "the chain's name"),
    "position": ("int64", "the rule's number in its chain, from 1; 0 is the chain itself"),
    "rule": ("str", "the expressions, or the chain's hook and policy, as JSON"),
}
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
MOVING = ("handle", "index")


def parse(document: str) -> pd.DataFrame:
    """One row a chain and one a rule, from `nft -j list ruleset`."""
    items = json.loads(document)["nftables"] if document.strip() else []
    counts: Counter[tuple[str, str, str]] = Counter()
    rows = [_row(kind, item, counts) for entry in items for kind, item in entry.items()]
    return frame(COLUMNS, KEY, [row for row in rows if row and row[:2] not in IPTABLES])


def _row(
    kind: str, item: dict[str, Any], counts: Counter[tuple[str, str, str]]
) -> tuple[object, ...] | None:
    if kind not in ("chain", "rule"):
        return None
    name = item["chain"] if kind == "rule" else item["name"]
    place = (item["family"], item["table"], name)
    if kind == "rule":
        counts[place] += 1
        return (*place, counts[place], _text(item["expr"]))
    shown = {k: v for k, v in item.items() if k not in (*MOVING, "family", "table", "name")}
    return (*place, 0, _text(shown))


def _text(value: object) -> str:
    return json.dumps(_without_counters(value), sort_keys=True)


def _without_counters(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {
            key: None if key == "counter" else _without_counters(inner)
            for key, inner in value.items()
        }
    return [_without_counters(item) for item in value] if isinstance(value, list) else value


def read(host: Reader) -> pd.DataFrame:
    """Ask nft; without it nobody can say what rules there are, so that is an error."""
    done = host.query(["nft", "-j", "list", "ruleset"])
    if done.returncode != 0:
        raise ReadFailed(
            f"the nftables rules cannot be read: {done.stderr.decode(errors='replace').strip()}",
            host=host.name,
            state="nothing was written",
            then="install nftables on the host, and see that `nft -j list ruleset` works there",
        )
    return parse(done.stdout.decode(errors="replace"))


TABLE = Table("nftables", COLUMNS, KEY, read)
