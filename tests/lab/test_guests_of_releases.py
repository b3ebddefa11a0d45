"""Guests of hosts of the other releases, however the host has its address: moved, kept, undone."""

from __future__ import annotations

import pytest
from tests.lab import guesting

from runbook.apply.confirm import Confirmed
from runbook.lab import lab as labs
from runbook.lab.probe import OutageProbe

# Debian 12 with a static address has its own tests, a file of them.
GROUNDS = [
    ("bullseye", "static"),
    ("bullseye", "dhcp"),
    ("bookworm", "dhcp"),
    ("trixie", "static"),
    ("trixie", "dhcp"),
]
CONSENT = {"static": ["bpdu"], "dhcp": ["bpdu", "dhcp-reservation"]}


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("release", "addressing"), GROUNDS)
def test_they_go_back_as_before_and_come_to_stay(release: str, addressing: str) -> None:
    labs.up(1, release, addressing, lambda _text: None)
    consent = CONSENT[addressing]
    guesting.on_the_lan(consent=consent)
    guesting.added("quick", "vm-01")
    guesting.added("debian", "deb-02")
    names = ("vm-01", "deb-02")
    guesting.undone_as_before(*names, consent=consent)
    assert isinstance(guesting.moved(*names, consent=consent), Confirmed)
    for name in names:
        guesting.is_there(name)
    assert OutageProbe("172.16.1.1", rate=50, seconds=1).result().lost == 0
    guesting.rebooted(*names)
    assert OutageProbe("172.16.1.1", rate=50, seconds=1).result().lost == 0
    guesting.nothing_is_left_to_do(*names, consent=consent)
