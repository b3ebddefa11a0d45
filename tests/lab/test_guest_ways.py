"""What stands in the way into a guest, or in its files: told so that somebody can act on it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests import stages
from tests.lab import guesting, serial_line
from tests.lab.guesting import HOST, address, console
from tests.lab.serial_line import LOGIN

from runbook.common.errors import ConsoleTaken, LoginRefused
from runbook.guest.login import BY_HAND_S
from runbook.lab import lab as labs
from runbook.params.guests import Guest
from runbook.run import pipeline
from runbook.state.guest.inside import CLOUD_SWITCH
from runbook.transport.guest.login import variables

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
NAME = "vm-01"
WORD = "hunter22"


@pytest.fixture(scope="module")
def quick(lab: labs.Lab) -> Iterator[str]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    guesting.added("quick", NAME)
    yield NAME
    labs.renew(HOST)


def test_a_console_that_is_taken_is_told_with_what_frees_it(quick: str) -> None:
    with guesting.session(quick) as first, guesting.session(quick) as second:
        before = pipeline.read(first)
        assert pipeline.observe(first, before).offers[quick].way
        with pytest.raises(ConsoleTaken) as caught:
            pipeline.observe(second, before)
    assert f"virsh console {quick} --force" in caught.value.then


def test_what_somebody_left_on_the_console_is_told_without_its_secret(
    quick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = (*LOGIN, (f"echo --password {WORD}\r", f"\n--password {WORD}"), ("exit\r", "login: "))
    told, shown = serial_line.talk(HOST, quick, *left)
    assert told, shown
    with guesting.session(quick) as made:
        before = pipeline.read(made)
        monkeypatch.setenv(variables(quick)[0], "guess")
        with pytest.raises(LoginRefused) as caught:
            pipeline.observe(made, before)
    assert WORD not in caught.value.what + caught.value.transcript


def test_a_mute_console_keeps_a_person_who_stands_by_a_minute_and_no_more(quick: str) -> None:
    asked = Guest(name=quick, address=address(quick), by_hand=True).model_dump()
    with guesting.session(quick, guests=[asked]) as made:
        before = pipeline.read(made)
        pid = console("cat", f"/run/libvirt/qemu/{quick}.pid").strip()
        console("kill", "-STOP", pid)
        began = time.monotonic()
        try:
            offered = pipeline.observe(made, before).offers[quick]
        finally:
            console("kill", "-CONT", pid)
    assert time.monotonic() - began < BY_HAND_S + 40
    assert (offered.way, offered.inside) == ("", None)
    assert "no login and no shell came up" in " ".join(offered.tried)


@pytest.mark.parametrize(
    ("text", "state", "edited"),
    [
        ('network: {config: "disabled"}', "off", False),
        ("# by hand\\nnetwork: {config: enabled}", "on", True),
    ],
)
def test_a_switch_of_cloud_init_that_is_there_is_read_and_edited_as_it_stands(
    quick: str, text: str, state: str, *, edited: bool
) -> None:
    folder = CLOUD_SWITCH.rpartition("/")[0]
    guesting.in_guest(
        quick,
        f"mkdir -p {folder}; printf '{text}\\n' >{CLOUD_SWITCH}; "
        "mkdir -p /usr/bin; printf '#!/bin/sh\\n' >/usr/bin/cloud-init; "
        "chmod 755 /usr/bin/cloud-init",
    )
    was = guesting.inside(quick)
    with guesting.session(quick) as made:
        change = guesting.armed(made)
        before = stages.sessions(made).before()[quick]
        assert before.cloud_init == state
        change.make("settle")
        guesting.is_there(quick)
        originals = {path: content for _, path, content in stages.sessions(made).originals()}
        assert (CLOUD_SWITCH in originals) is edited
        undone = pipeline.roll_back(made, change.underway, "because")
    assert undone.as_before
    assert guesting.inside(quick) == was
