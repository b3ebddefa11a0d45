"""A snapshot's tables, as an operator looks at a host: what matters first, the rest folded."""

from __future__ import annotations

from collections.abc import Sequence

from runbook.plan.netfilter.owner import table_owner
from runbook.preflight.survey.nics import Candidate
from runbook.state.firewall import FirewallRow
from runbook.state.host.command_output import CommandOutput
from runbook.state.identity import Identity
from runbook.state.nftables import NftablesRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import TABLES, Snapshot
from runbook.views.grid import Grid
from runbook.views.iptables import iptables
from runbook.views.page.picture import Picture, safe, stack
from runbook.views.tables import WORDS, Look, card, fold, table

MAIN_TABLE = 254
FIRST = {
    "links": ["ifname", "kind", "mac", "mtu", "up", "carrier", "master", "stp"],
    "addresses": ["ifname", "family", "address", "prefixlen", "scope", "flags"],
    "neighbours": ["ifname", "address", "mac", "state"],
}
CAPTIONS = {
    "links": "Links",
    "addresses": "Addresses",
    "neighbours": "Neighbours (ARP and NDP)",
}
ORDER = ("links", "addresses", "routes", "neighbours", "firewall", "nftables")
ROUTE = ["family", "dst", "gateway", "ifname", "prefsrc", "metric", "protocol", "scope"]
NATIVE = ["owner", "family", "table", "chain", "rule"]
BY_NAME = {table.name: table for table in TABLES}
CHOICE = {"this_connection": "this connection"}
# A file's text is in the run folder; here it is told apart by its digest.
NOT_SHOWN = {
    "files": ["content", "encoding"],
    "networks": ["defined_xml", "live_xml"],
    "taps": ["defined_xml", "live_xml"],
}


def identity(who: Identity) -> Picture:
    """Which machine this is."""
    major, rest = divmod(who.libvirt_version, 1_000_000)
    pairs = [
        ("hostname", who.hostname),
        ("system", who.os_name),
        ("kernel", who.kernel),
        ("libvirt", f"{major}.{rest // 1000}.{rest % 1000}"),
        ("machine id", who.machine_id),
        ("boot id", who.boot_id),
    ]
    return card(pairs, "The host")


def interfaces(candidates: Sequence[Candidate], caption: str) -> Picture:
    """The interfaces that a change could be about."""
    rows = Grid.typed(Candidate, candidates)
    blocks = rows.classes(WORDS)
    look = Look(caption, headings=CHOICE, classes=blocks, limit=len(candidates), unit="interface")
    return table(rows, look)


def state(snapshot: Snapshot, outputs: Sequence[CommandOutput] = ()) -> Picture:
    """Links, addresses, routes, neighbours and firewall; every table whole, folded, below.

    Below, folded, what the host's own programs print of them, where that was asked.
    """
    rules = snapshot.rows(FirewallRow)
    first = {
        name: table(_grid(snapshot, name).only(FIRST[name]), Look(CAPTIONS[name])) for name in FIRST
    }
    first |= {
        "routes": _routes(snapshot),
        "firewall": iptables(rules, rules),
        "nftables": _nftables(snapshot),
    }
    # The page alone has the words: a log would be buried by them.
    words = "".join(_words(row) for name in ORDER for row in outputs if row.table == name)
    count = sum(len(snapshot.rows(t.row)) for t in TABLES)
    rest = stack(
        _with_words(_whole(snapshot, t.name), t.name, outputs if t.name not in first else ())
        for t in TABLES
    )
    folded = fold(f"All {len(TABLES)} tables, {count:,} rows", rest).body
    # In a log, the second showing of everything would bury the first.
    below = Picture(
        f'<div class="rb-beside">{words}</div>{folded}', f"(all {len(TABLES)} tables: see the page)"
    )
    return stack((*(first[name] for name in ORDER), below))


def _with_words(drawn: Picture, name: str, outputs: Sequence[CommandOutput]) -> Picture:
    """The page alone has the words: a log would be buried by them."""
    words = "".join(_words(row) for row in outputs if row.table == name)
    return Picture(drawn.body + words, drawn.text)


def _words(row: CommandOutput) -> str:
    command = f"<code>{safe(row.command)}</code>"
    if row.status is None:
        return f'<p class="rb-more">{command}: {safe(row.text)}</p>'
    failed = f"{command} fails, with status {row.status}"
    told = failed if row.status else f"as {command} prints it"
    name = safe(f"what {row.command} prints")
    body = f'<pre tabindex="0" role="region" aria-label="{name}">{safe(row.text)}</pre>'
    return f'<details class="rb-said"><summary>{told}</summary>{body}</details>'


def _routes(snapshot: Snapshot) -> Picture:
    main = [r for r in snapshot.rows(RouteRow) if (r.table, r.type) == (MAIN_TABLE, "unicast")]
    return table(Grid.typed(RouteRow, main).only(ROUTE), Look("Routes (main table)"))


def _nftables(snapshot: Snapshot) -> Picture:
    rows = snapshot.rows(NftablesRow)
    owners = [table_owner(row.table) for row in rows]
    owned = Grid.typed(NftablesRow, rows).with_column("owner", owners)
    return table(owned.only(NATIVE), Look("nft, beside those of iptables"))


def _whole(snapshot: Snapshot, name: str) -> Picture:
    whole = _grid(snapshot, name).without(NOT_SHOWN.get(name, ()))
    return table(whole, Look(name, flows=False))


def _grid(snapshot: Snapshot, name: str) -> Grid:
    row = BY_NAME[name].row
    return Grid.typed(row, snapshot.rows(row))
