"""Routes: the way out, other ways out, policy rules."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.routed.facts import main_routes
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.routes import RouteRow
from runbook.state.rules import RuleRow

OWN_RULES = (0, 32766, 32767)
ABOUT = "default route"
MOST_SHOWN = 5
UNICAST, KERNEL = "unicast", "kernel"
# A route's protocol (linux/rtnetlink.h); it is a number where pyroute2 has no name.
DAEMONS = {
    **{name: name for name in ("gated", "zebra", "bird", "xorp", "mrt", "dnrouted", "ntk")},
    "17": "mrouted",
    "18": "keepalived",
    "42": "babel",
    "99": "openr",
    "186": "bgp",
    "187": "isis",
    "188": "ospf",
    "189": "rip",
    "192": "eigrp",
}


def _default(case: Case) -> Iterator[Finding]:
    nic = case.params.holder
    defaults = [row for row in main_routes(case.snapshot) if row.dst == "default"]
    mine = [row for row in defaults if row.ifname == nic]
    wrong = _wrong(case, defaults, mine)
    if wrong:
        yield wrong
        return
    current = _in_words(mine[0])
    yield Finding("ok", ABOUT, current, "the change moves it to the bridge, its metric kept")
    for row in defaults:
        if row.ifname != nic:
            yield _other(row, mine[0])


def _wrong(case: Case, defaults: list[RouteRow], mine: list[RouteRow]) -> Finding | None:
    desired = f"via {case.params.gateway} dev {case.params.holder}"
    current = ", ".join(map(_in_words, mine or defaults)) or "none"
    if not mine:
        why = "the NIC has no default route, so there is none to move and none to restore"
        return Finding(
            "block", ABOUT, current, why, f"the change needs {desired}", field="interface"
        )
    if len(mine) > 1:
        why = "the undo cannot tell which one the host used"
        then = f"remove all but one; the change needs exactly one, {desired}"
        return Finding("block", ABOUT, current, why, then)
    if mine[0].gateway != case.params.gateway:
        why = "the host uses another router than the parameter `gateway` says"
        return Finding(
            "block",
            ABOUT,
            current,
            why,
            f"correct `gateway`, or the route: {desired}",
            field="gateway",
        )
    return None


def _other(row: RouteRow, mine: RouteRow) -> Finding:
    if row.metric > mine.metric:
        why = "its metric is higher, so it is used only while the other is gone"
        return Finding("note", ABOUT, _in_words(row), why, "nothing: it is kept as it is")
    return Finding(
        "block",
        ABOUT,
        f"{_in_words(row)}, beside {_in_words(mine)}",
        "its metric is not higher, so the host uses this route and not the one of the NIC",
        "remove it, or give it a metric above that of the NIC's",
    )


def _in_words(row: RouteRow) -> str:
    way = f"via {row.gateway} " if row.gateway else ""
    where = f"dev {row.ifname}" if row.ifname else str(row.nexthops or row.type)
    metric = f" metric {row.metric}" if row.metric else ""
    return f"{way}{where}{metric}"


@looked_for("multipath", "no multipath route uses the NIC", "runbook cannot move a multipath route")
def _multipath(case: Case) -> Iterator[Finding]:
    for row in case.snapshot.rows(RouteRow):
        if row.family == "inet" and f"dev {case.params.holder} " in f"{row.nexthops} ":
            yield Finding(
                "block",
                f"route to {row.dst}",
                row.nexthops,
                "multipath routes are not carried over",
                "replace it with a route that has one gateway",
            )


@looked_for(
    "routing daemon",
    "no route of the NIC is made by a routing daemon",
    "the change would make each of its routes a fixed one, and libvirt's hook bring it back",
)
def _of_daemons(case: Case) -> Iterator[Finding]:
    nic = case.params.holder
    found = [
        row
        for row in case.snapshot.rows(RouteRow)
        if row.protocol in DAEMONS and (row.ifname == nic or f"dev {nic} " in f"{row.nexthops} ")
    ]
    if found:
        programs = sorted({DAEMONS[row.protocol] for row in found})
        shown = ", ".join(row.dst for row in found[:MOST_SHOWN])
        more = f", and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
        yield Finding(
            "block",
            "routing daemon",
            f"{' and '.join(programs)} made {len(found)} routes through {nic}: {shown}{more}",
            f"the daemon speaks on {nic}, which will have no address; a copy of its routes would"
            " stay when it takes them back",
            f"stop the daemon, so that its routes go; have it use {case.params.bridge} in place of"
            f" {nic}; make the change, then start it",
        )


@looked_for(
    "routes' settings",
    "no route of the NIC has a setting that is not carried",
    "neither the bridge nor an undo would have it",
)
def _settings(case: Case) -> Iterator[Finding]:
    nic = case.params.holder
    for row in case.snapshot.rows(RouteRow):
        if row.ifname == nic and row.type != UNICAST and row.protocol != KERNEL:
            yield Finding(
                "block",
                f"route to {row.dst}",
                f"it is of type {row.type}",
                "runbook carries unicast routes to the bridge, and an undo brings no other back",
                f"delete it (ip route del {row.type} {row.dst} dev {nic}), and add it for"
                f" {case.params.bridge} after the change, now and for each boot",
            )
        if row.ifname == nic and row.further:
            yield Finding(
                "block",
                f"route to {row.dst}",
                f"it has {row.further}",
                "runbook does not carry this setting to the bridge, and an undo does not bring it"
                " back",
                f"make the route without it (`ip route show {row.dst}` has the whole route), and"
                f" set it again for {case.params.bridge} after the change",
            )


@looked_for("policy rules", "only the kernel's own three", "policy rules choose the routing table")
def _rules(case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    rows = case.snapshot.rows(RuleRow)
    of_bridge = {_meaning(row) for row in rows if bridge in (row.iif, row.oif)}
    for row in rows:
        if row.priority in OWN_RULES:
            continue
        current = f"priority {row.priority} table {row.table}"
        if nic not in (row.iif, row.oif):
            why = "it is bound to no interface, so it still matches"
            then = "nothing: runbook also moves the routes of this table"
            yield Finding("note", "policy rule", current, why, then)
        elif _meaning(_renamed(row, nic, bridge)) in of_bridge:
            why = f"it is there for {bridge} too, which matches after the change"
            yield Finding("note", "policy rule", current, why, "nothing: both stay as they are")
        else:
            yield _bound(row, nic, bridge)


def _bound(row: RuleRow, nic: str, bridge: str) -> Finding:
    way = f"iif {nic}" if row.iif == nic else f"oif {nic}"
    return Finding(
        "block",
        "policy rule",
        f"priority {row.priority} table {row.table}, {way}",
        f"it is bound to {nic} and would stop matching",
        f"leave it, and add the same rule for {bridge}, which need not be there yet:"
        f" `{_command(_renamed(row, nic, bridge))}`. Add the line also wherever a boot gets the"
        f" rule from (`grep -rn '{way}' /etc /usr/local`). If that is the stanza of {nic}, move"
        " both lines to a unit that starts after networking.service. Then run again",
    )


def _renamed(row: RuleRow, nic: str, bridge: str) -> RuleRow:
    iif, oif = (bridge if name == nic else name for name in (row.iif, row.oif))
    return row._replace(iif=iif, oif=oif)


def _meaning(row: RuleRow) -> RuleRow:
    """The rule without its priority, which another rule of the same meaning need not have."""
    return row._replace(priority=0)


def _command(row: RuleRow) -> str:
    """What makes the rule."""
    words = ["ip -6 rule add" if row.family == "inet6" else "ip rule add"]
    words += ["not"] if row.inverted else []
    pairs = (
        *(("from", row.src), ("to", "" if row.dst == "all" else row.dst)),
        *(("iif", row.iif), ("oif", row.oif), ("fwmark", row.fwmark)),
    )
    words += [f"{word} {value}" for word, value in pairs if value]
    words.append(f"lookup {row.table}" if row.action == "lookup" else row.action)
    return " ".join((*words, f"priority {row.priority}"))


RULES = (_default, _multipath, _of_daemons, _settings, _rules)
