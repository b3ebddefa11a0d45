"""Where a host's address is now, and which guests it has. Only looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from runbook.common.clock import Clock
from runbook.common.errors import RunbookError
from runbook.common.moments import from_iso
from runbook.params import Params
from runbook.run import many_hosts
from runbook.run.many_hosts import HostAnswer
from runbook.run.standing import HostStatus, open_host_session
from runbook.state import addresses, guests


@dataclass(frozen=True, slots=True)
class HostPlace:
    """The interfaces that hold the address, and the guests with their states; None: not known."""

    holders: tuple[str, ...]
    guests: tuple[tuple[str, str], ...] | None


def places(
    hosts: Sequence[Params], clock: Clock, patience_s: float
) -> Iterator[HostAnswer[HostPlace]]:
    """The place of each host, in the order of their answers; each has `patience_s` seconds."""

    def look(params: Params) -> HostPlace:
        session = open_host_session(params, clock)
        with closing(session.host):
            held = addresses.read(session.host)
            holders = [row.ifname for row in held if row.address == str(params.ipv4.ip)]
            try:
                rows = guests.read(session.host)
            except RunbookError:
                # The address is known all the same.
                return HostPlace(tuple(holders), None)
            return HostPlace(tuple(holders), tuple((row.name, row.state) for row in rows))

    return many_hosts.ask(hosts, look, clock, patience_s)


def where(params: Params, place: HostPlace, status: HostStatus | None) -> str:
    """In words: on the NIC, or on the bridge and since when."""
    if not place.holders:
        return f"{params.ipv4.ip} is on no interface"
    (holder, *more) = place.holders
    if more:
        return f"on {' and '.join(place.holders)}"
    if holder != params.bridge:
        return f"on {holder}" if holder == params.holder else f"on {holder}, not in its file"
    since = _confirmed(status)
    return f"on bridge {holder}" + (f" since {since}" if since else "")


def guests_in_words(place: HostPlace) -> str:
    """How many, and how each is."""
    if place.guests is None:
        return "libvirt does not answer"
    return ", ".join(f"{name} ({state})" for name, state in place.guests) or "none"


def _confirmed(status: HostStatus | None) -> str:
    """When the last change was confirmed; '' where it was not, or was a guest's."""
    ended = status.ended if status else None
    kept = ended if ended and ended.end == "confirmed" else None
    last = kept.checkpoint.log.last if kept and not kept.checkpoint.of_guests else None
    return from_iso(str(last.at)) if last else ""


def change_in_words(answer: HostAnswer[HostStatus]) -> tuple[str, str]:
    """A word for what is armed, and its colour's name; '' where nothing is armed."""
    status = answer.value
    if status is None:
        return "not known", "unknown"
    if status.armed is None:
        return "none armed", ""
    left = status.armed.countdown.left_s
    if status.state != "armed" or left is None:
        return f"{status.state}: {'; '.join(status.describe())}", status.state
    minutes, seconds = divmod(max(int(left), 0), 60)
    by = status.armed.checkpoint.operator
    return f"armed by {by}: {minutes}:{seconds:02d} until the host undoes it", "armed"
