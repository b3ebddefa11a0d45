"""A guest that was lent an address by the network it is to leave asks anew, until it is home."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.guest.undo.conftest import CLOCK, GuestFiles

from runbook.guest import undo as changes
from runbook.guest.undo import InsideState, detached
from runbook.guest.undo.progress import InsideProgress, read_progress

HOME, LAN = "192.168.122.0/24 scope link\n", "172.16.0.0/16 scope link\n"
AT_HOME = "of its own network again"
IN_VAIN = "no address of its own network was to be had"


@pytest.fixture
def lent(place: GuestFiles, monkeypatch: pytest.MonkeyPatch) -> GuestFiles:
    """A guest whose address was lent; `routes` is what its NIC has."""
    plain = place.edit
    monkeypatch.setattr(place, "edit", lambda up: replace(plain(up), home="192.168.122.0/24"))
    place.channel.given |= {
        "ip -4 route show dev eth0": f"cat {place.root}/routes",
        "sleep 5": "sleep 0.1",
        "sleep 10": "sleep 0.3",
    }
    return place


def has(place: GuestFiles, routes: str) -> None:
    (place.root / "routes").write_text(routes)


def seen(place: GuestFiles, what: str, patience: float = 15) -> bool:
    def over(progress: InsideProgress) -> bool:
        return what in progress.journal

    return over(detached.wait(place.channel, "change-1", over, CLOCK, patience))


def asked(place: GuestFiles) -> int:
    """How often the network was taken down and brought up again."""
    return place.log.count("down")


@pytest.mark.parametrize("verb", ["boot", "late"])
@pytest.mark.parametrize("began", [True, False])
def test_after_a_restart_it_asks_until_its_host_has_moved_the_nic_back(
    lent: GuestFiles, verb: str, *, began: bool
) -> None:
    armed = lent.arm()
    if began:
        changes.apply(lent.channel, armed, clock=CLOCK)
    has(lent, LAN)
    before = asked(lent)
    assert lent.run(verb) == 0
    assert lent.is_as_before()
    until = CLOCK.monotonic() + 15
    while asked(lent) < before + 3 and CLOCK.monotonic() < until:
        CLOCK.sleep(0.1)
    assert asked(lent) >= before + 3
    assert AT_HOME not in read_progress(lent.channel, "change-1").journal
    has(lent, HOME)
    assert seen(lent, AT_HOME)
    once = asked(lent)
    CLOCK.sleep(1.5)
    assert asked(lent) == once


def test_by_its_own_timer_too(lent: GuestFiles) -> None:
    """The host may have moved the NIC back later than it was to."""
    has(lent, LAN)
    changes.apply(lent.channel, lent.arm(seconds=306, passed=300), clock=CLOCK)
    assert seen(lent, "undone: ")
    has(lent, HOME)
    assert changes.read_progress(lent.channel, "change-1").state is InsideState.UNDONE
    CLOCK.sleep(1)
    once = asked(lent)
    CLOCK.sleep(1.5)
    assert asked(lent) == once


def test_who_is_home_is_left_alone(lent: GuestFiles) -> None:
    has(lent, HOME)
    changes.apply(lent.channel, lent.arm(), clock=CLOCK)
    assert lent.run("boot") == 0
    once = asked(lent)
    CLOCK.sleep(1.5)
    assert (asked(lent), processes(lent.root)) == (once, [])


def test_whose_address_nobody_lent_is_left_alone(place: GuestFiles) -> None:
    changes.apply(place.channel, place.arm(), clock=CLOCK)
    assert place.run("boot") == 0
    CLOCK.sleep(1)
    assert (asked(place), processes(place.root)) == (1, [])


def test_the_operator_s_program_sees_to_it_itself(lent: GuestFiles) -> None:
    has(lent, LAN)
    armed = lent.arm()
    changes.apply(lent.channel, armed, clock=CLOCK)
    changes.undo(lent.channel, armed, clock=CLOCK)
    assert processes(lent.root) == []


def test_another_change_is_not_disturbed(lent: GuestFiles) -> None:
    has(lent, LAN)
    changes.apply(lent.channel, lent.arm(), clock=CLOCK)
    assert lent.run("boot") == 0
    lent.arm(number="change-2")
    CLOCK.sleep(2)
    once = asked(lent)
    CLOCK.sleep(1.5)
    assert asked(lent) == once
    assert not any(" home" in words for words in processes(lent.root))


def test_it_does_not_ask_for_ever(lent: GuestFiles) -> None:
    lent.channel.given["+ 60))"] = "+ 0))"
    has(lent, LAN)
    changes.apply(lent.channel, lent.arm(seconds=306, passed=300), clock=CLOCK)
    assert seen(lent, "undone: ", 20)
    assert seen(lent, IN_VAIN, 20)
    assert processes(lent.root) == []


def processes(root: Path) -> list[str]:
    """Command lines of what still runs of a change."""
    progress = []
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            told = words.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"{root}/lib/change-1/undo" in told:
            progress.append(told)
    return progress
