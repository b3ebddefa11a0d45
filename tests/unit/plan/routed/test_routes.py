from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, GATEWAY, LAN, NIC, Row

from runbook.common.errors import Refused
from runbook.plan.changes.bridge_ports import Cutover
from runbook.plan.changes.messages import Action, Route
from runbook.plan.plan import Plan
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.procedure import make_plan
from runbook.plan.routed.routes import carried, default_route

PARAMS = fakes.params()
BRANCH: Row = fakes.route(
    "10.20.0.0/16", NIC, gateway="172.16.0.9", prefsrc="172.16.1.1", metric=50, table=7, onlink=True
)
ROUTES = [fakes.default(NIC), fakes.connected(NIC), BRANCH]
ON_BRIDGE = {**BRANCH, "ifname": BRIDGE}


def changed(*routes: Row) -> Plan:
    """The plan for a host that was changed when it had the branch's route, and has these now."""
    promise = make_promise(PARAMS, fakes.seen(routes=ROUTES))
    there = [fakes.default(BRIDGE), fakes.connected(BRIDGE), *routes]
    return make_plan(PARAMS, fakes.as_promised(promise, routes=there))


def test_a_route_that_is_gone_from_a_changed_host_is_missed() -> None:
    with pytest.raises(Refused, match="50-runbook-routed"):
        changed()


def test_a_route_that_somebody_added_to_a_changed_host_is_none_of_ours() -> None:
    added = fakes.route("10.30.0.0/16", BRIDGE, gateway="172.16.0.9")
    assert changed(ON_BRIDGE, added).empty


def test_a_host_that_has_them_all_has_nothing_to_do() -> None:
    assert changed(ON_BRIDGE).empty


def test_a_route_that_did_not_come_along_is_not_as_promised() -> None:
    promise = make_promise(PARAMS, fakes.seen(routes=ROUTES))
    kept = {c.about: c.kept for c in promise.checks(fakes.as_promised(promise))}
    assert kept["route to 10.20.0.0/16 in table 7"] is True
    without = fakes.as_promised(promise, routes=[fakes.default(BRIDGE), fakes.connected(BRIDGE)])
    (broken,) = (c for c in promise.checks(without) if not c.kept)
    assert broken.promised == f"via 172.16.0.9 dev {BRIDGE} src 172.16.1.1"


def test_the_cutover_the_hook_and_the_promise_have_the_same_routes() -> None:
    plan = make_plan(PARAMS, fakes.seen(routes=ROUTES))
    (cutover,) = (c for c in plan.changes if isinstance(c, Cutover))
    assert cutover.routes_after == plan.of_host.routes
    hook, *_ = plan.of_host.files
    for route in plan.of_host.routes:
        assert "ip " + " ".join(route.words()) in hook.text


def test_the_default_route_is_first_and_each_keeps_all_that_it_says() -> None:
    before = fakes.seen(routes=ROUTES)
    default, branch = carried(PARAMS, before)
    assert (
        default == default_route(PARAMS, before) == Route(Action.ENSURE, "default", BRIDGE, GATEWAY)
    )
    assert branch == replace(
        Route(Action.ENSURE, "10.20.0.0/16", BRIDGE, "172.16.0.9", "172.16.1.1"),
        table=7,
        metric=50,
        onlink=True,
    )
    assert LAN not in {default.dst, branch.dst}
