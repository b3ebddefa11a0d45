"""Routes that follow the address onto the bridge: now, and whenever its network starts."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from runbook.common.errors import ParameterError
from runbook.params import Params
from runbook.plan.changes.messages import BOOT, MAIN_TABLE, Action, Route
from runbook.plan.changes.network_hook import route_line
from runbook.plan.routed import facts, ipv4
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot


def default_route(params: Params, snapshot: Snapshot) -> Route:
    """The way out, to the physical router.

    With the metric that it has now: it must go on winning or losing against others. The source
    address stays, and the word `onlink` if the gateway is off the link.
    """
    route = Route(Action.ENSURE, "default", params.bridge, gateway=params.gateway)
    row = facts.default_through(snapshot, params.holder, params.bridge)
    if row is None:
        return route
    route = replace(route, metric=row.metric)
    if row.gateway != params.gateway:
        return route
    # ifupdown writes `onlink` to every default route; it counts where nothing else leads there.
    beyond = IPv4Address(row.gateway) not in params.ipv4.network
    return replace(route, prefsrc=row.prefsrc, onlink=row.onlink and beyond, mtu=row.mtu or 0)


def check_gateway(params: Params, snapshot: Snapshot) -> None:
    """Raise ParameterError for a gateway off the link that the host does not use either."""
    lan = params.ipv4.network
    row = facts.default_through(snapshot, params.holder, params.bridge)
    uses = row.gateway if row else ""
    if IPv4Address(params.gateway) not in lan and uses != params.gateway:
        where = f": {uses}" if uses else ""
        raise ParameterError(
            "gateway",
            params.gateway,
            f"the gateway is not on the link: it lies outside {lan}, and the default route of"
            f" {snapshot.host} by {params.holder} leads to {uses or 'no gateway'}",
            f"give the router's address as `ip route show default` shows it{where}",
        )


def carried(params: Params, snapshot: Snapshot) -> tuple[Route, ...]:
    """The default route, then every other that the NIC has, each as it is on the bridge.

    On a host that was changed already they are on the bridge, and are those
    that its hook brings back: what somebody added since is none of ours.
    """
    found = (*moved(params, snapshot, params.holder), *_kept_by_hook(params, snapshot))
    default = default_route(params, snapshot)
    come = (_on_bridge(route, default) for route in found)
    return tuple(dict.fromkeys((default, *come)))


def moved(params: Params, snapshot: Snapshot, ifname: str) -> tuple[Route, ...]:
    """The IPv4 routes through the interface, but those that come with its addresses."""
    others = ipv4.others(params, snapshot)
    come = ipv4.connected(others, snapshot, ifname)
    network = str(params.ipv4.network)
    return tuple(r for r in facts.moved_routes(snapshot, ifname, network) if r not in come)


def _kept_by_hook(params: Params, snapshot: Snapshot) -> tuple[Route, ...]:
    hook = snapshot.find(FileRow, facts.hook_file(snapshot, params.network))
    lines = set(hook.content.splitlines(keepends=True)) if hook else set()
    there = moved(params, snapshot, params.bridge)
    return tuple(route for route in there if route_line(route) in lines)


def _on_bridge(route: Route, default: Route) -> Route:
    if (route.dst, route.table) == (default.dst, MAIN_TABLE):
        return default
    return replace(route, ifname=default.ifname, protocol=route.protocol or BOOT)
