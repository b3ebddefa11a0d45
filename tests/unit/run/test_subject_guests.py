from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, cast

import pytest
from tests import stages
from tests.unit import guest_data, hosts
from tests.unit.fakes import NOON, Time
from tests.unit.insides import WANTED

from runbook.apply.checkpoint.armed_change import Checkpoint
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.manifest import Manifest
from runbook.common.errors import ConnectionLost, ConsoleTaken, LoginRefused, NoWayIn
from runbook.notebook.guest import look
from runbook.notebook.shared.runs import Run
from runbook.notebook.shared.stages import of_guests
from runbook.notebook.shared.values import Before
from runbook.params import KnownHost
from runbook.run import pipeline, subject_guests
from runbook.run.record import Folder
from runbook.run.session import HostSession, Session
from runbook.run.subject import Observation
from runbook.run.subject_guests import about_guests
from runbook.run.subject_kept import about
from runbook.transport.guest import login
from runbook.transport.guest.channel import AGENT, Channel
from runbook.transport.guest.login import Credentials, from_prompt, variables
from runbook.transport.guest.open_channel import ChannelOptions
from runbook.transport.host import Host


def entered(
    monkeypatch: pytest.MonkeyPatch, *answers: str
) -> tuple[list[str], Callable[[], object]]:
    """What a person is asked who types these; a call that goes in. `right` is the password."""
    asked_for: list[str] = []

    def ask(text: str) -> str:
        asked_for.append(text)
        return answers[len(asked_for) - 1]

    def opened(_doors: object, who: Credentials, *_: object, **__: object) -> NoReturn:
        if who.password().reveal() != "right":
            raise LoginRefused("wrong password", state="-", then="-")
        raise NoWayIn("it is enough to be let in", host="-", tried=("let in",), then="-")

    monkeypatch.setattr(subject_guests, "open_channel", opened)
    monkeypatch.setattr(
        login,
        "from_prompt",
        lambda guest, user, introduction: from_prompt(guest, user, ask, introduction),
    )
    for name in variables(guest_data.NAME):
        monkeypatch.delenv(name, raising=False)
    asked = guest_data.params()
    host = cast("Host", SimpleNamespace(doors=lambda _name: None))
    session = Session(asked, host, "root@desk", "x", Time(), lambda: host)
    sessions = stages.sessions(about_guests(session, asked.guests))
    return asked_for, lambda: sessions.offer(host, WANTED, ()).tried


def test_a_wrong_password_is_asked_for_again_and_a_right_one_never_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked_for, enter = entered(monkeypatch, "typo", "right")
    assert enter() == ("let in",)
    assert enter() == ("let in",)
    assert asked_for == [
        "password of root in guest vm-01: ",
        "vm-01 refused user or password. Once more, password of root in guest vm-01: ",
    ]


def test_after_three_wrong_passwords_the_login_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for, enter = entered(monkeypatch, "a", "b", "c", "right")
    with pytest.raises(LoginRefused):
        enter()
    assert len(asked_for) == 3


def test_a_wrong_password_of_the_environment_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked_for, enter = entered(monkeypatch)
    monkeypatch.setenv(variables(guest_data.NAME)[0], "wrong")
    with pytest.raises(LoginRefused):
        enter()
    assert asked_for == []


def test_a_mute_console_is_borne_less_long_where_a_person_stands_by_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = guest_data.params(
        guests=(
            {"name": "vm-01", "address": guest_data.ADDRESS},
            {"name": "vm-02", "address": "172.16.1.11/16", "by_hand": True},
        )
    )
    borne: list[float] = []

    def opened(_doors: object, _who: object, ways: ChannelOptions, **_: object) -> NoReturn:
        borne.append(ways.patience.arrive)
        raise NoWayIn("mute", host="-", tried=("mute",), then="-")

    monkeypatch.setattr(subject_guests, "open_channel", opened)
    host = cast("Host", SimpleNamespace(doors=lambda _name: None))
    session = Session(asked, host, "root@desk", "x", Time(), lambda: host)
    made = about_guests(session, asked.guests)
    for guest in asked.guests:
        stages.sessions(made).offer(host, replace(WANTED, guest=guest.name), ())
    monkeypatch.setattr(pipeline, "observe", lambda *_: Observation())
    look.enter(Before(Run(made, Folder(tmp_path), of_guests()), hosts.before()))
    said = "Going into vm-01, vm-02: begins"
    assert borne == [240, 60]
    assert said in "".join(path.read_text() for path in tmp_path.iterdir())


def test_a_guest_whose_agent_has_answered_is_borne_less_long_at_its_console(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = guest_data.params()
    borne: list[float] = []

    def opened(_doors: object, _who: object, ways: ChannelOptions, **_: object) -> Channel:
        borne.append(ways.patience.arrive)
        if len(borne) > 1:
            raise NoWayIn("it boots", host="-", tried=("it boots",), then="-")
        return cast("Channel", Dying())

    monkeypatch.setattr(subject_guests, "open_channel", opened)
    host = cast("Host", SimpleNamespace(doors=lambda _name: None))
    session = Session(asked, host, "root@desk", "x", Time(), lambda: host)
    sessions = stages.sessions(about_guests(session, asked.guests))
    assert sessions.offer(host, WANTED, ()).tried == ("it boots",)
    assert borne == [240, 45]


def test_whoever_takes_a_change_up_goes_in_as_it_did_by_what_the_host_keeps() -> None:
    entry = {"name": guest_data.NAME, "address": guest_data.ADDRESS}
    how = {"login": "admin", "login_from": "environment"}
    made = guest_data.plan(guest_data.seen(), guest_data.params(guests=({**entry, **how},)))
    checkpoint = Checkpoint(Layout("change-1"), plan=made)
    host = cast("Host", None)
    known = KnownHost(host="server-01")
    session = HostSession(known, host, "root@desk", "x", Time(), lambda: host)
    (guest,) = stages.sessions(about(session, checkpoint)).guests
    assert (guest.login, guest.login_from) == ("admin", "environment")
    assert str(guest.ipv4) == guest_data.ADDRESS
    assert not guest.by_hand


def taken(operator: str, frees_after: float | None, monkeypatch: pytest.MonkeyPatch) -> str:
    """An undo that finds the console taken; '' if it got in, else what it says."""
    made = guest_data.plan(guest_data.seen(), guest_data.params())
    by = Manifest("change-1", "server-01", "root@desk", NOON, NOON, 1, "", (), "")
    checkpoint = Checkpoint(Layout("change-1"), by, made)
    clock, host = Time(), cast("Host", SimpleNamespace(doors=lambda _name: None))

    def opened(*_: object, **__: object) -> Channel:
        if frees_after is None or clock.seconds < frees_after:
            raise ConsoleTaken("somebody else is at it", host="server-01", state="-", then="-")
        return cast("Channel", Dying())

    monkeypatch.setattr(subject_guests, "open_channel", opened)
    session = HostSession(KnownHost(host="server-01"), host, operator, "x", clock, lambda: host)
    (slot,) = stages.sessions(about(session, checkpoint))._slots.values()  # noqa: SLF001 - only an undo enters it
    try:
        slot.channel(host)
    except ConsoleTaken as error:
        return error.what
    return ""


def test_an_undo_waits_for_a_console_that_a_notebook_is_about_to_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert taken("root@desk", 30.0, monkeypatch) == ""


@pytest.mark.parametrize(
    ("operator", "said"),
    [
        ("root@desk", "a notebook of yours may hold it: the guest.ipynb that made change change-1"),
        ("ann@elsewhere", "root@desk, who armed change change-1, may be at it"),
    ],
)
def test_a_console_that_stays_taken_says_whose_it_may_be(
    operator: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = taken(operator, None, monkeypatch)
    assert said in told
    assert "not free within 60 s" in told


class Dying:
    """An agent that answered once, and then its guest was reset."""

    how = AGENT
    transcript = ""

    def run(self, *_: object, **__: object) -> NoReturn:
        raise ConnectionLost("reset", host="-", state="-", then="-")

    def close(self) -> None:
        """Nothing stays open."""
