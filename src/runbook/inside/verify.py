"""What a guest says of its own network, held against what it was to have, or had before."""

from __future__ import annotations

from runbook.moves.inside_edit import Wanted
from runbook.promise import Check
from runbook.state import inside
from runbook.state.inside import Inside
from runbook.transport.guest.channel import Channel

_PING = (
    'for _ in 1 2 3 4 5; do ping -c 1 -W 2 "$1" >/dev/null 2>&1 && exit 0; sleep 1; done; exit 1'
)
_SAME = (
    *("ifname", "addresses", "default_routes", "nameservers", "resolv_conf", "files"),
    *("managers", "cloud_init"),
)


def verify(channel: Channel, wanted: Wanted, before: Inside) -> tuple[Check, ...]:
    """Address, default route, the router's answer to a ping, name resolution.

    A name server has to answer if some are asked for, or if one did `before` the change
    and is not left behind by it; else it is told only.
    """
    seen = inside.read(channel, wanted.mac)
    pinged = channel.run(("sh", "-c", _PING, "sh", wanted.gateway), timeout=60.0).returncode == 0
    return (
        *_standing(seen, wanted),
        Check(
            f"in {wanted.guest}: ping {wanted.gateway}",
            "answers",
            "answers" if pinged else "no answer",
            pinged,
        ),
        _names(seen, wanted, before),
    )


def _standing(seen: Inside, wanted: Wanted) -> tuple[Check, ...]:
    address, where = str(wanted.address), f"in {wanted.guest}"
    route = f"{wanted.gateway} {seen.ifname}"
    return (
        Check(
            f"{where}: IPv4 of the NIC {wanted.mac}",
            address,
            " ".join(seen.addresses) or "none",
            seen.addresses == (address,),
        ),
        Check(
            f"{where}: default route",
            route,
            ", ".join(seen.default_routes) or "none",
            seen.default_routes == (route,),
        ),
    )


def _names(seen: Inside, wanted: Wanted, before: Inside) -> Check:
    answered = bool(seen.answering)
    required = bool(wanted.nameservers or before.lasting(wanted.address.network))
    each = (f"{s} {'answers' if s in seen.answering else 'silent'}" for s in seen.nameservers)
    shown = ", ".join(each) or "none is configured"
    promised = "one answers" if required else "none that can be reached still"
    return Check(f"in {wanted.guest}: name servers", promised, shown, answered, required)


def as_before(before: Inside, after: Inside) -> tuple[Check, ...]:
    """A guest that was put back, held against how it was."""
    return tuple(
        Check(
            f"{field} in the guest",
            _told(getattr(before, field)),
            _told(getattr(after, field)),
            getattr(before, field) == getattr(after, field),
        )
        for field in _SAME
    )


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(getattr(each, "path", each)) for each in value) or "none"
    return str(value)
