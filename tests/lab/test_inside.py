"""Guests configured from inside: busybox at its console, Debian by its agent and at its console."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests import bench
from tests.lab import insides
from tests.lab.insides import DEBIAN, ENTRANCES, HOST, QUICK

from runbook.common.clock import SystemClock
from runbook.common.errors import (
    ChangeInProgress,
    ConsoleTaken,
    GateClosed,
    LoginRefused,
    StepFailed,
)
from runbook.guest import undo as changes
from runbook.guest.undo import InsideState, layout
from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.state.guest import reader
from runbook.transport.host import Host

THOROUGH = ("vm-01", "serial console")
ways = pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param(*way, marks=pytest.mark.thorough if way == THOROUGH else ())
        for way in ENTRANCES
    ],
    ids=["-".join(e) for e in ENTRANCES],
)


@pytest.fixture(scope="module")
def host(lab: labs.Lab) -> Iterator[Host]:
    with insides.added(lab, QUICK, DEBIAN) as host:
        yield host


@ways
def test_an_undone_change_leaves_the_guest_as_it_was(host: Host, name: str, how: str) -> None:
    with insides.entered(host, name, how) as channel:
        assert channel.how == how
        made = insides.arm(channel, 201)
        with pytest.raises(ChangeInProgress):
            insides.arm(channel, 202)
        changes.apply(channel, made.armed, clock=insides.CLOCK)
        assert (
            insides.broken(changes.verify(channel, made.wanted, made.before, insides.CLOCK)) == []
        )
        assert machine.run(HOST, ("ping", "-c", "1", "-W", "2", "192.168.122.201")).returncode == 0
        changes.undo(channel, made.armed, clock=insides.CLOCK)
        assert insides.differences(channel, made.before) == []
        with pytest.raises(GateClosed):
            changes.confirm(channel, made.armed)
        for path in (layout.ARMED, layout.UNIT, layout.HOOK):
            assert channel.run(("ls", path)).returncode != 0


@pytest.mark.thorough
@ways
def test_a_confirmed_change_stays_and_is_not_undone_any_more(
    host: Host, name: str, how: str
) -> None:
    with insides.entered(host, name, how) as channel:
        made = insides.arm(channel, 203, seconds=60)
        changes.apply(channel, made.armed, clock=insides.CLOCK)
        changes.confirm(channel, made.armed)
        assert changes.read_progress(channel, made.armed.change_id).state is InsideState.CONFIRMED
        with pytest.raises(StepFailed, match="is confirmed"):
            changes.undo(channel, made.armed, clock=insides.CLOCK)
        assert (
            insides.broken(changes.verify(channel, made.wanted, made.before, insides.CLOCK)) == []
        )
        # Back to the address that it had, for whoever comes next.
        assert channel.run(("sh", made.armed.directory + "/undo"), timeout=120).returncode == 0
        assert insides.differences(channel, made.before) == []


@pytest.mark.thorough
@ways
def test_an_unconfirmed_change_is_undone_by_the_guest_itself(
    host: Host, name: str, how: str
) -> None:
    with insides.entered(host, name, how) as channel:
        made = insides.arm(channel, 204, seconds=30)
        changes.apply(channel, made.armed, clock=insides.CLOCK)
    with insides.entered(host, name, how) as channel:
        insides.until(
            lambda: changes.read_progress(channel, made.armed.change_id).state,
            InsideState.UNDONE,
            90,
        )
        assert insides.differences(channel, made.before) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "how"),
    [("web", "serial console"), bench.thorough("vm-01", "qemu-guest-agent")],
)
def test_a_moved_undo_comes_at_its_new_moment_and_not_at_the_old_one(
    host: Host, name: str, how: str
) -> None:
    with insides.entered(host, name, how) as channel:
        made = insides.arm(channel, 205, seconds=20)
        change = made.armed.change_id
        told = changes.ticking(channel, change)
        assert told is not None
        changes.move(channel, change, told.moment + 10)
        while changes.uptime(channel) < told.moment + 3:
            time.sleep(1)
        assert changes.read_progress(channel, change).state is InsideState.ARMED
        insides.until(lambda: changes.read_progress(channel, change).state, InsideState.UNDONE, 30)
        assert changes.uptime(channel) >= told.moment + 10
        with pytest.raises(GateClosed):
            changes.move(channel, change, told.moment + 600)
        assert insides.differences(channel, made.before) == []


def test_what_is_inside_is_seen(host: Host) -> None:
    with insides.entered(host, "vm-01", "qemu-guest-agent") as channel:
        seen = reader.read(channel, insides.wanted("vm-01", 201).mac, SystemClock())
    assert (seen.ifname, seen.manager, seen.os_id, seen.systemd) == (
        "eth0", "ifupdown", "debian", True,
    )  # fmt: skip
    assert seen.addresses == (str(DEBIAN.address),)
    assert seen.default_routes == ("192.168.122.1 eth0",)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["web", "vm-01"])
def test_a_wrong_password_is_refused_and_the_next_one_gets_in(host: Host, name: str) -> None:
    with (
        pytest.raises(LoginRefused, match="Login incorrect") as caught,
        insides.entered(host, name, "serial console", "guess"),
    ):
        pass
    assert "guess" not in str(caught.value)
    with insides.entered(host, name, "serial console") as channel:
        assert channel.run(("id", "-u")).stdout == b"0\n"
        assert "»lab" not in channel.transcript


@pytest.mark.thorough
def test_somebody_elses_console_is_taken_by_force_only(host: Host) -> None:
    theirs = host.doors("web").open_console(force=False)
    with (
        pytest.raises(ConsoleTaken, match="somebody else"),
        insides.entered(host, "web", "serial console"),
    ):
        pass
    with insides.entered(host, "web", "serial console", force=True) as channel:
        assert channel.run(("echo", "in")).stdout == b"in\n"
    theirs.close()


def test_a_login_of_ours_is_ended_and_the_console_as_it_was_found(host: Host) -> None:
    with insides.entered(host, "web", "serial console") as channel:
        channel.run(("true",))
    assert channel.transcript.rstrip().endswith("login:")
    with insides.entered(host, "web", "serial console") as channel:
        # The one that asks has a folder of its own; nobody else's is left.
        assert len(channel.run(("sh", "-c", "ls -d /run/rb.*")).stdout.split()) == 1
