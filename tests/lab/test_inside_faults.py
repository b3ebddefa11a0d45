"""What goes wrong inside a guest in mid-change: it is as before, or says what it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.lab import insides
from tests.lab.insides import DEBIAN, HOST, QUICK

from runbook.common.errors import ConnectionLost, NoWayIn, StepFailed
from runbook.guest import undo as changes
from runbook.guest.undo import InsideState, detached
from runbook.lab import guest as guests
from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.lab.guest import Guest
from runbook.transport.guest import ChannelOptions, Credentials, Secret, open_channel
from runbook.transport.guest.expect import Patience
from runbook.transport.host import Host

MUTE = Guest("mute", "default", *guests.place(HOST, "default", 3), console="none")


@pytest.fixture(scope="module")
def host(lab: labs.Lab) -> Iterator[Host]:
    with insides.added(lab, QUICK, DEBIAN, MUTE) as host:
        yield host


@pytest.mark.thorough
def test_an_agent_that_dies_in_mid_change_leaves_the_change_to_itself(host: Host) -> None:
    with insides.entered(host, "vm-01", "qemu-guest-agent") as channel:
        made = insides.arm(channel, 211)
        detached.start(channel, made.armed.change_id, "apply")
        # It goes while the command still waits for its end.
        with pytest.raises(ConnectionLost, match="fell silent"):
            channel.run(("sh", "-c", "systemctl --no-block stop qemu-guest-agent; sleep 20"))
    # What was begun goes on, and the console leads back into it.
    with insides.entered(host, "vm-01", "qemu-guest-agent, serial console") as channel:
        assert channel.how == "serial console"
        insides.until(
            lambda: changes.read_progress(channel, made.armed.change_id).state,
            InsideState.APPLIED,
            60,
        )
        changes.undo(channel, made.armed, clock=insides.CLOCK)
        assert insides.differences(channel, made.before) == []
        channel.run(("systemctl", "start", "qemu-guest-agent"))


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["web", "vm-01"])
def test_a_guest_that_restarts_in_mid_change_comes_up_as_before(host: Host, name: str) -> None:
    with insides.entered(host, name, "serial console") as channel:
        made = insides.arm(channel, 212)
        assert made.armed.survives_reboot
        changes.apply(channel, made.armed, clock=insides.CLOCK)
        channel.run(("sync",))
    assert machine.run(HOST, ("virsh", "reset", name)).returncode == 0
    with insides.entered(host, name, "serial console") as channel:
        insides.until(
            lambda: changes.read_progress(channel, made.armed.change_id).state,
            InsideState.UNDONE,
            120,
        )
        guests.wait(HOST, QUICK if name == "web" else DEBIAN)
        assert insides.differences(channel, made.before) == []


@pytest.mark.thorough
def test_a_guest_that_restarts_before_the_change_is_left_alone(host: Host) -> None:
    with insides.entered(host, "web", "serial console") as channel:
        made = insides.arm(channel, 213)
    assert machine.run(HOST, ("virsh", "reset", "web")).returncode == 0
    with insides.entered(host, "web", "serial console") as channel:
        insides.until(
            lambda: changes.read_progress(channel, made.armed.change_id).state,
            InsideState.UNDONE,
            120,
        )
        assert insides.differences(channel, made.before) == []


@pytest.mark.thorough
def test_a_configuration_that_does_not_come_up_is_told_and_undone(host: Host) -> None:
    with insides.entered(host, "vm-01", "qemu-guest-agent") as channel:
        made = insides.arm(channel, 214)
        channel.run(
            ("sh", "-c", f"echo '    post-up false' >>{made.armed.directory}/new/1"),
        )
        with pytest.raises(StepFailed, match="applied in part"):
            changes.apply(channel, made.armed, clock=insides.CLOCK)
        changes.undo(channel, made.armed, clock=insides.CLOCK)
        assert insides.differences(channel, made.before) == []


@pytest.mark.thorough
def test_a_guest_with_no_way_in_is_named_with_what_was_tried(host: Host) -> None:
    ways = ChannelOptions("k3x9", patience=Patience(answer=5, arrive=15))
    credentials = Credentials("root", lambda: Secret("lab"))
    with pytest.raises(NoWayIn) as caught:
        open_channel(host.doors("mute"), credentials, ways, clock=insides.CLOCK)
    assert [line.split(":")[0] for line in caught.value.tried] == [
        "qemu-guest-agent",
        "serial console",
    ]
