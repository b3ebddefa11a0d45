"""What goes wrong on a guest's way: refused with a reason, or as before, and which of the two."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench, stages
from tests.lab import guesting, returning
from tests.lab.guesting import HOST, console

from runbook.apply.checkpoint import layout
from runbook.common.errors import LoginRefused, RunbookError
from runbook.guest.undo import layout as inside_layout
from runbook.lab import guest as lab_guests
from runbook.lab import lab as labs
from runbook.lab import machine, shell
from runbook.lab.guest_xml import Guest as LabGuest
from runbook.lab.guest_xml import mac_of
from runbook.preflight import RefusedByPreflight
from runbook.run import pipeline
from runbook.run.extend_deadline import extend
from runbook.run.session import Session
from runbook.transport.guest.login import VARIABLE

TAKEN = "172.16.1.77"
BY_HAND = "# by hand"


@pytest.fixture(scope="module")
def guest(lab: labs.Lab) -> Iterator[LabGuest]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    (made,) = guesting.added("quick", "vm-01")
    yield made
    labs.renew(HOST)


def preflight(made: Session) -> None:
    """Up to where nothing is written."""
    guesting.judged(made)


def nothing_is_left() -> None:
    """No change is armed, and the guest is where it was."""
    assert not returning.is_armed()
    assert "default" in console("virsh", "domiflist", "vm-01")
    assert "default" in console("virsh", "domiflist", "--inactive", "vm-01")


def test_a_wrong_password_stops_before_anything_is_written(
    guest: LabGuest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with guesting.session("vm-01") as made:
        monkeypatch.setenv(VARIABLE, "not-the-password")
        with pytest.raises(LoginRefused) as caught:
            preflight(made)
        said = stages.sessions(made).transcripts()["vm-01"]
    assert "vm-01" in caught.value.what
    assert "the last lines that the console showed" in caught.value.what
    assert "Login incorrect" in caught.value.what
    # The dialogue is kept, and the password is nowhere in it.
    assert "login: »root" in said
    assert "Login incorrect" in said
    assert "not-the-password" not in said + str(caught.value)
    nothing_is_left()
    lab_guests.wait(HOST, guest)


def test_an_address_that_somebody_answers_for_is_refused_with_the_mac(guest: LabGuest) -> None:
    guesting.router("ip", "address", "add", f"{TAKEN}/32", "dev", "lan")
    try:
        taken = [{"name": "vm-01", "address": f"{TAKEN}/16"}]
        with (
            guesting.session(guests=taken) as made,
            pytest.raises(RefusedByPreflight) as caught,
        ):
            preflight(made)
    finally:
        guesting.router("ip", "address", "delete", f"{TAKEN}/32", "dev", "lan")
    mac = guesting.router("cat", "/sys/class/net/lan/address").strip()
    assert f"{mac} answers for {TAKEN} already" in str(caught.value)
    nothing_is_left()
    lab_guests.wait(HOST, guest)


@pytest.mark.thorough
def test_a_guest_that_is_reset_in_the_middle_is_as_before(guest: LabGuest) -> None:
    with guesting.session("vm-01") as made:
        change = guesting.armed(made)
        change.make("prepare")
        console("virsh", "reset", "vm-01")
        with pytest.raises(RunbookError):
            change.make_only("cutover")
        undone = pipeline.roll_back(made, change.underway, "it was reset")
    assert undone.as_before
    assert guesting.as_before(change.before) == ""
    lab_guests.wait(HOST, guest)
    nothing_is_left()


@pytest.mark.thorough
def test_a_program_that_is_killed_leaves_it_to_both_timers(guest: LabGuest) -> None:
    with guesting.session("vm-01") as made:
        before = pipeline.read(made)
    guesting.killed("settle", "vm-01", deadline_s=40)
    assert returning.is_armed()
    assert "routed" in console("virsh", "domiflist", "vm-01")
    shell.wait_for("the undo", lambda: not returning.is_armed(), 90)
    assert guesting.as_before(before) == ""
    lab_guests.wait(HOST, guest)
    nothing_is_left()


@pytest.mark.thorough
def test_a_power_cut_of_the_host_puts_the_definition_back_at_boot(guest: LabGuest) -> None:
    guesting.killed("settle", "vm-01", deadline_s=600)
    machine.power_cut(HOST)
    machine.power_on(HOST)
    shell.wait_for("the undo", lambda: not returning.is_armed(), 60)
    nothing_is_left()
    journals = console("sh", "-c", f"cat {layout.ROOT}/*/journal")
    assert journals.count("undo (announce): finished: the host is as it was") == 1
    lab_guests.wait(HOST, guest)


@pytest.mark.thorough
def test_a_guest_whose_agent_dies_in_the_middle_is_undone_at_its_console() -> None:
    (debian,) = guesting.added("debian", "deb-02")
    try:
        with guesting.session("deb-02") as made:
            change = guesting.armed(made)
            assert change.targets[0].offer.way == "qemu-guest-agent"
            change.make("prepare")
            kill = '{"execute":"guest-exec","arguments":{"path":"systemctl","arg":["stop","%s"]}}'
            agent = kill % "qemu-guest-agent"
            console("virsh", "qemu-agent-command", "deb-02", agent)
            with pytest.raises(RunbookError):
                change.make_only("cutover")
            undone = pipeline.roll_back(made, change.underway, "its agent died")
        assert undone.as_before
        assert mac_of(HOST, "deb-02") in console("virsh", "domiflist", "deb-02")
        assert guesting.as_before(change.before) == ""
        pinged = machine.run(HOST, ("ping", "-c", "1", "-W", "2", str(debian.address.ip)))
        assert pinged.returncode == 0
    finally:
        lab_guests.remove(HOST, "deb-02")


@pytest.mark.thorough
def test_a_guest_that_confirmed_is_put_back_where_its_host_was_not_confirmed(
    guest: LabGuest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path)))
    with guesting.session("vm-01") as made:
        before = pipeline.read(made)
    guesting.killed("settle", "vm-01", deadline_s=60)
    guesting.confirmed_inside()
    shell.wait_for("the undo", lambda: not returning.is_armed(), 120)
    ended = returning.verb("undo", HOST)
    assert ended.status == 0, ended.said
    assert "not compared inside" not in ended.said
    assert guesting.as_before(before) == ""
    lab_guests.wait(HOST, guest)
    nothing_is_left()


@pytest.mark.thorough
def test_another_program_tells_what_a_guest_s_undo_left_behind(
    guest: LabGuest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path)))
    with guesting.session("vm-01") as made:
        before = pipeline.read(made)
    guesting.killed("settle", "vm-01", deadline_s=600)
    # Somebody is at the guest's console, and edits what the undo has put back.
    edit = f"echo '{BY_HAND}' >>/etc/network/interfaces"
    guesting.in_guest("vm-01", f"sh {inside_layout.ARMED}/undo >/dev/null && {edit}")
    ended = returning.verb("undo", HOST)
    assert ended.status == 1, ended.said
    told = f"vm-01: /etc/network/interfaces in the guest: was without that, is {BY_HAND!r}"
    assert told in ended.said
    assert "not compared inside" not in ended.said
    assert guesting.as_before(before) == ""
    assert list((tmp_path / "home/outputs" / HOST).glob("*/console-vm-01.txt"))
    # Once that is mended the next look says so.
    guesting.in_guest("vm-01", f"sed -i '/{BY_HAND}/d' /etc/network/interfaces")
    again = returning.verb("undo", HOST)
    assert again.status == 0, again.said
    lab_guests.wait(HOST, guest)
    nothing_is_left()


@pytest.mark.thorough
def test_a_guest_that_nobody_can_compare_is_undone_and_not_called_as_before(
    guest: LabGuest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path)))
    with guesting.session("vm-01") as made:
        before = pipeline.read(made)
    guesting.killed("settle", "vm-01", deadline_s=600)
    console("sh", "-c", f"stat -c %a:%U {layout.ARMED}/guests.json | grep -x 600:root")
    console("sh", "-c", f"truncate -s 100 {layout.ARMED}/guests.json")
    refused = returning.verb("confirm", HOST)
    assert refused.status == 1
    assert "guests.json is damaged" in refused.said
    ended = returning.verb("undo", HOST)
    assert ended.status == 1
    assert "vm-01 is undone, and was not compared inside" in ended.said
    assert "guests.json is damaged" in ended.said
    assert guesting.as_before(before) == ""
    lab_guests.wait(HOST, guest)
    nothing_is_left()


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "name"), [("quick", "vm-01"), ("debian", "deb-03")])
def test_with_more_time_host_and_guest_wait_and_then_undo_both(
    guest: LabGuest, kind: str, name: str
) -> None:
    there = guest if kind == "quick" else guesting.added(kind, name)[0]
    try:
        with guesting.session(name, deadline_s=60) as made:
            change = guesting.armed(made)
            change.make("settle")
            armed = change.underway.armed
            old = returning.status()["seconds_left"]
            later = extend(made, armed, 40)
            assert later.not_moved == ()
            new = returning.status()["seconds_left"]
            assert new > old + 20
            time.sleep(old + 4)
            assert returning.is_armed()
            console("ping", "-c", "1", "-W", "2", guesting.address(name).partition("/")[0])
            shell.wait_for("the undo", lambda: not returning.is_armed(), 90)
        assert guesting.as_before(change.before) == ""
        lab_guests.wait(HOST, there)
        assert guesting.inside(name)[0] == (str(there.address),)
    finally:
        if kind != "quick":
            lab_guests.remove(HOST, name)


# The last one: the guest stays on the LAN.
@pytest.mark.thorough
@pytest.mark.parametrize("verb", ["undo", "confirm"])
def test_another_program_ends_what_a_killed_one_began(
    guest: LabGuest, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path)))
    with guesting.session("vm-01") as made:
        before = pipeline.read(made)
    guesting.killed("settle", "vm-01", deadline_s=600)
    ended = returning.verb(verb, HOST)
    assert ended.status == 0, ended.said
    assert "not left as it was found" not in ended.said
    assert not returning.is_armed()
    if verb == "undo":
        assert guesting.as_before(before) == ""
        lab_guests.wait(HOST, guest)
        nothing_is_left()
    else:
        addresses, routes, _ = guesting.inside("vm-01")
        assert (addresses, routes) == (("172.16.1.10/16",), (f"{guesting.GATEWAY} eth0",))
