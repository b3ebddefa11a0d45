"""Guests of the lab, entered as the package enters them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Interface

from runbook.common.clock import SystemClock
from runbook.guest import undo as changes
from runbook.guest.configure.edit import edit
from runbook.guest.configure.guest_edit import DesiredNetwork, GuestEdit
from runbook.guest.undo import InsideArmed, InsideState
from runbook.lab import guest as guests
from runbook.lab import lab as labs
from runbook.lab.guest import Guest
from runbook.lab.guest_xml import mac_of
from runbook.lab.names import GUEST_PASSWORD, GUEST_USER
from runbook.plan.promise.check import Check
from runbook.state.guest import reader
from runbook.state.guest.inside import Inside
from runbook.transport import ssh
from runbook.transport.connect import connect
from runbook.transport.guest import Channel, ChannelOptions, Credentials, Secret, open_channel
from runbook.transport.guest.expect import Patience
from runbook.transport.host import Host

HOST = "server-02"
CLOCK = SystemClock()
GATEWAY = "192.168.122.1"
QUICK = Guest("web", "default", *guests.place(HOST, "default"))
DEBIAN = Guest("vm-01", "default", *guests.place(HOST, "default", 2), kind="debian")
# How each kind is entered.
ENTRANCES = (("web", "serial console"), ("vm-01", "qemu-guest-agent"), ("vm-01", "serial console"))
PATIENCE = Patience(arrive=120)


@contextmanager
def added(lab: labs.Lab, *wanted: Guest) -> Iterator[Host]:
    """The host, with these guests on it; they are removed in the end."""
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    for guest in wanted:
        if guest.name not in guests.names(HOST):
            guests.add(HOST, guest)
    host = connect(HOST, prefix=ssh(HOST))
    try:
        yield host
    finally:
        host.close()
        for guest in wanted:
            guests.remove(HOST, guest.name)


@contextmanager
def entered(
    host: Host, name: str, how: str, password: str = GUEST_PASSWORD, *, force: bool = False
) -> Iterator[Channel]:
    """A channel into a guest by one way only."""
    ways = ChannelOptions(
        "k3x9", agent="agent" in how, console="console" in how, force=force, patience=PATIENCE
    )
    credentials = Credentials(GUEST_USER, lambda: Secret(password))
    channel = open_channel(host.doors(name), credentials, ways, clock=CLOCK)
    try:
        yield channel
    finally:
        channel.close()


@dataclass(frozen=True)
class Made:
    """A change in a guest: how it was before, what it is to be, what stands in it."""

    before: Inside
    wanted: DesiredNetwork
    armed: InsideArmed


def wanted(name: str, last: int) -> DesiredNetwork:
    """An address for a guest on the network that it is on."""
    return DesiredNetwork(
        name, mac_of(HOST, name), IPv4Interface(f"192.168.122.{last}/24"), GATEWAY
    )


def arm(channel: Channel, last: int, seconds: int = 600) -> Made:
    """The undo of a change in place; each is told by its address and the time."""
    goal = wanted(channel.guest, last)
    before = reader.read(channel, goal.mac, SystemClock())
    made = edit(before, goal)
    assert isinstance(made, GuestEdit), made
    number = f"test-{last}-{int(CLOCK.now().timestamp())}"
    return Made(before, goal, changes.arm(channel, made, number, seconds, changes.uptime(channel)))


def broken(checks: tuple[Check, ...]) -> list[str]:
    """The required checks that do not hold."""
    return [f"{c.about}: {c.promised}, seen {c.seen}" for c in checks if c.required and not c.kept]


def differences(channel: Channel, before: Inside) -> list[str]:
    """In what the guest is not as it was."""
    after = reader.read(channel, before.mac, SystemClock())
    settings, files = changes.settings(before, after), changes.files(before, after)
    return broken((*settings.values(), *files.values()))


def until(ask: Callable[[], InsideState], state: InsideState, seconds: float) -> None:
    """Wait until a change has come so far."""
    end = time.monotonic() + seconds
    while (seen := ask()) is not state:
        assert time.monotonic() < end, seen
        time.sleep(1)
