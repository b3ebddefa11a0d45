"""Routes: the way out, other ways out, policy rules."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.routed.facts import main_routes
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.routes import RouteRow
from runbook.state.rules import RuleRow

OWN_RULES = (0, 32766, 32767)
ABOUT = "default route"


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


@looked_for("policy rules", "only the kernel's own three", "policy rules choose the routing table")
def _rules(case: Case) -> Iterator[Finding]:
    nic = case.params.holder
    for row in case.snapshot.rows(RuleRow):
        if row.priority in OWN_RULES:
            continue
        current = f"priority {row.priority} table {row.table}"
        if nic in (row.iif, row.oif):
            why = f"it is bound to {nic} and would stop matching"
            yield Finding("block", "policy rule", current, why, "rewrite it first")
        else:
            why = "it is bound to no interface, so it still matches"
            yield Finding(
                "note",
                "policy rule",
                current,
                why,
                "nothing: runbook also moves the routes of this table",
            )


RULES = (_default, _multipath, _rules)
