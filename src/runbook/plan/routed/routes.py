"""Routes that follow the address onto the bridge: now, and whenever its network starts."""

from __future__ import annotations

from dataclasses import replace

from runbook.params import Params
from runbook.plan.changes.messages import BOOT, MAIN_TABLE, Action, Route
from runbook.plan.changes.network_hook import hook_path, route_line
from runbook.plan.routed import facts
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot


def default_route(params: Params, snapshot: Snapshot) -> Route:
    """The way out, to the physical router.

    With the metric that it has now: it must go on winning or losing against others.
    """
    metric = facts.default_metric(snapshot, params.interface, params.bridge)
    return Route(Action.ENSURE, "default", params.bridge, gateway=params.gateway, metric=metric)


def carried(params: Params, snapshot: Snapshot) -> tuple[Route, ...]:
    """The default route, then every other that the NIC has, each as it is on the bridge.

    On a host that was changed already they are on the bridge, and are those
    that its hook brings back: what somebody added since is none of ours.
    """
    found = (*_other(params, snapshot, params.interface), *_kept_by_hook(params, snapshot))
    default = default_route(params, snapshot)
    moved = (_on_bridge(route, default) for route in found)
    return tuple(dict.fromkeys((default, *moved)))


def _other(params: Params, snapshot: Snapshot, ifname: str) -> tuple[Route, ...]:
    connected = Route(Action.ENSURE, str(params.ipv4.network), ifname)
    return facts.moved_routes(snapshot, ifname, connected)


def _kept_by_hook(params: Params, snapshot: Snapshot) -> tuple[Route, ...]:
    hook = snapshot.find(FileRow, hook_path(params.network))
    lines = set(hook.content.splitlines(keepends=True)) if hook else set()
    there = _other(params, snapshot, params.bridge)
    return tuple(route for route in there if route_line(route) in lines)


def _on_bridge(route: Route, default: Route) -> Route:
    if (route.dst, route.table) == (default.dst, MAIN_TABLE):
        return default
    return replace(route, ifname=default.ifname, protocol=route.protocol or BOOT)
