"""What the buttons of an armed change do, whatever cell is at work."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, cast

import pytest
from tests.unit import guest_data
from tests.unit.notebook.conftest import CHANGE, WHEN, MadeUp, StoppedClock

from runbook import views
from runbook.common.errors import ConnectionLost, RolledBack, StepFailed
from runbook.guest.sessions import GuestSessions
from runbook.notebook.live import buttons as panel
from runbook.notebook.live.buttons import Panel
from runbook.notebook.live.watch import Watch
from runbook.notebook.routed import cells as nb
from runbook.notebook.shared import leave_guests
from runbook.notebook.shared.values import ChangeUnderway
from runbook.plan.plan import PHASES
from runbook.run import record
from runbook.run.extend_deadline import ExtendedDeadline
from runbook.run.pulse import Pulse
from runbook.run.subject_guests import GuestSubject
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host
from runbook.views import LastWord, Picture, Slot

Answer = Callable[[str | BaseException], None]


@dataclass
class Looking:
    """Stands in for what looks on."""

    beside: list[Slot] = field(default_factory=list)
    aftermath: Slot = field(default_factory=Slot)


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the host by a button; each is done before the press returns."""
    asked: list[str] = []
    monkeypatch.setattr(panel, "in_background", lambda call, _: call())
    monkeypatch.setattr(panel, "command", lambda step, _: asked.append(step.argv[0]))
    return asked


def armed(answer: Answer) -> tuple[ChangeUnderway, Panel]:
    answer("server-01")
    asked = nb.parameters({"host": "server-01"})
    before = nb.look(nb.settle(nb.choose(nb.meet(asked))))
    change = nb.arm(nb.preflight(nb.plan(before)))
    assert isinstance(change, ChangeUnderway)
    return change, Panel(change, cast("Watch", Looking()))


def said(one: Panel) -> str:
    return str(one.widgets.line.value)


def recorded(home: Path) -> record.RunRecord:
    return record.read(home / "outputs" / "server-01" / CHANGE)


def test_a_change_that_is_not_all_made_is_not_confirmed(
    made_up: MadeUp, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    nb.apply(change, "prepare")
    buttons.press("confirm")
    assert "not all steps are made" in said(buttons)
    assert "confirm" not in made_up.done
    assert pressed == []


def test_while_a_cell_is_at_work_confirm_says_so_and_does_nothing(
    made_up: MadeUp, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    with change.before.run.folder.alone():
        buttons.press("confirm")
    assert "a cell is at work" in said(buttons)
    assert not {"verify", "confirm"} & set(made_up.done)
    assert pressed == []


def test_an_undo_is_begun_on_the_host_before_anything_is_waited_for(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    nb.apply(change, "prepare")
    buttons.press("undo now")
    assert pressed == ["systemd-run"]
    assert made_up.done[-1] == "roll back"
    told = recorded(home)
    assert told.told == "as before (rolled back)"
    assert told.outcome["said"] == "undone, because: the button 'undo now' was pressed"


def test_an_undo_that_left_a_row_behind_is_told_as_such(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    assert change.hand.why == ""
    made_up.fails["roll back"] = ValueError("the journal is gone")
    buttons.press("undo now")
    assert recorded(home).told == "unknown: go to the console"
    assert "the journal is gone" in said(buttons)
    assert pressed == ["systemd-run"]


def test_confirmed_by_the_button_the_cells_below_only_finish_the_record(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    buttons.press("confirm")
    assert "the change stays" in said(buttons)
    assert "confirmed: the change stays" in drawn(buttons.slot)
    assert "at work" not in drawn(buttons.slot)
    assert made_up.done.count("confirm") == 1
    nb.finish(nb.after(nb.confirm(nb.verify(change))))
    assert made_up.done.count("verify") == made_up.done.count("confirm") == 1
    assert recorded(home).told == "as promised"
    assert pressed == []


def test_what_was_confirmed_is_not_undone_by_a_late_press(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    kept = nb.confirm(nb.verify(change))
    buttons.press("undo now")
    assert "it is not undone" in said(buttons)
    assert pressed == []
    assert "roll back" not in made_up.done
    nb.finish(nb.after(kept))
    assert recorded(home).told == "as promised"


def test_an_undo_that_could_not_be_asked_for_is_no_reason_of_a_later_one(
    made_up: MadeUp, home: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch, pressed: list[str]
) -> None:
    change, buttons = armed(answer)

    def lost(_step: object, _host: object) -> None:
        raise ConnectionLost("gone", host="server-01", state="unknown", then="wait")

    monkeypatch.setattr(panel, "command", lost)
    buttons.press("undo now")
    assert "gone" in said(buttons)
    made_up.fails["prepare"] = StepFailed("disk full", host="server-01", state="x", then="y")
    with pytest.raises(RolledBack):
        nb.apply(change, "prepare")
    assert recorded(home).outcome["said"] == "undone, because: disk full"
    assert pressed == []


def test_a_fault_of_the_program_in_a_button_is_said_and_undoes_the_change(
    made_up: MadeUp, home: Path, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    made_up.fails["verify"] = ValueError("a fault")
    buttons.press("confirm")
    assert "a fault" in said(buttons)
    assert made_up.done[-1] == "roll back"
    assert recorded(home).told == "as before (rolled back)"
    assert pressed == []


@dataclass
class Spoken:
    """A channel into a guest; `stuck` is what its end comes to, or raises."""

    stuck: str | Exception = ""
    ended: int = 0
    transcript: str = "login: »root\n"

    def close(self) -> str:
        self.ended += 1
        if isinstance(self.stuck, Exception):
            raise self.stuck
        return self.stuck


def with_guest(change: ChangeUnderway, channel: Spoken) -> ChangeUnderway:
    """The same change, with a guest that is entered."""
    asked = guest_data.params()
    guests = GuestSessions(asked, asked.guests, lambda *_: cast("Channel", channel), StoppedClock())
    for slot in guests._slots.values():  # noqa: SLF001 - entered without a look
        slot.channel(cast("Host", None))
    this = change.before.run
    run = replace(this, session=replace(this.session, subject=GuestSubject(guests)))
    return replace(change, before=replace(change.before, run=run))


def drawn(slot: Slot) -> str:
    return "\n".join(repr(picture) for picture in slot._shown)  # noqa: SLF001 - what it would show


def pressed_on(name: str, change: ChangeUnderway) -> tuple[Slot, str]:
    """What a button, or a deadline that passed, leaves on the page, and says."""
    if name == "deadline":
        pulse = cast("Pulse", SimpleNamespace(signs=None, failed="", silent_s=0.0))
        looking = Watch(change, pulse, live=True)
        looking._came_back("deadline")  # noqa: SLF001 - as its own thread does
        return looking.aftermath, ""
    beside = Looking()
    buttons = Panel(change, cast("Watch", beside))
    buttons.press(name)
    return beside.aftermath, said(buttons)


STUCK = ["", "its console is gone", ConnectionLost("gone", state="-", then="-"), OSError("gone")]


@pytest.mark.usefixtures("made_up", "pressed")
@pytest.mark.parametrize("stuck", STUCK, ids=["left", "stuck", "lost", "broken"])
@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("confirm", "The verdict: as promised"),
        ("undo now", "AS BEFORE (ROLLED BACK)"),
        ("deadline", "AS BEFORE (ROLLED BACK)"),
    ],
)
def test_without_a_cell_the_guests_are_left_and_what_was_not_is_told_beside_the_verdict(
    answer: Answer, home: Path, name: str, end: str, stuck: str | Exception
) -> None:
    made, _ = armed(answer)
    channel = Spoken(stuck)
    change = with_guest(made, channel)
    for phase in PHASES:
        nb.apply(change, phase)
    page, line = pressed_on(name, change)
    assert channel.ended == 1
    assert end in drawn(page)
    assert line == "" or "the change stays" in line or "as before, row by row" in line
    warned = f"{guest_data.NAME} was not left as it was found: "
    assert (warned in drawn(page)) == bool(stuck)
    told = recorded(home)
    assert (warned in "\n".join(told.journal)) == bool(stuck)
    assert f"console-{guest_data.NAME}.txt" in told.products
    assert ("confirmed.json" in told.products) == (name == "confirm")
    assert (told.outcome == {}) == (name == "confirm")


@pytest.mark.usefixtures("made_up", "pressed")
@pytest.mark.parametrize("name", ["confirm", "undo now", "deadline"])
def test_a_record_that_takes_no_more_of_the_guests_hides_no_verdict(
    answer: Answer, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made, _ = armed(answer)
    change = with_guest(made, Spoken())
    for phase in PHASES:
        nb.apply(change, phase)

    def full(*_: object) -> NoReturn:
        raise OSError("no room")

    monkeypatch.setattr(leave_guests, "keep", full)
    page, line = pressed_on(name, change)
    assert "the record of the guests' consoles is not complete: no room (OSError)" in drawn(page)
    assert "no room" not in line
    assert (recorded(home).outcome == {}) == (name == "confirm")


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("left", [(), ("vm-01 puts itself back at 12:01:30 UTC",)])
@pytest.mark.parametrize("moved", [(), ("vm-02",)])
def test_more_time_says_until_when_and_which_guest_has_none(
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    pressed: list[str],
    left: tuple[str, ...],
    moved: tuple[str, ...],
) -> None:
    change, buttons = armed(answer)
    later = replace(change.underway.armed, deadline=WHEN + timedelta(minutes=9))
    monkeypatch.setattr(panel, "extend", lambda *_: ExtendedDeadline(later, left, moved))
    buttons.press("more time")
    assert "the host waits until 12:09:00 UTC" in said(buttons)
    assert all(line in said(buttons) for line in left)
    assert ("and so does each guest" in said(buttons)) == (bool(moved) and not left)
    assert ("and so does" in said(buttons)) == bool(moved)
    assert ("confirm before the earliest deadline" in said(buttons)) == bool(left)
    # The deadline that is shown is the host's, whatever became of the guests.
    assert change.underway.armed == later
    assert pressed == []


def state(one: Panel) -> str:
    return str(one.widgets.head.value)


def clock() -> Picture:
    return views.note("0:42 left")


def test_confirm_can_be_pressed_only_once_all_steps_are_made(
    made_up: MadeUp, answer: Answer, pressed: list[str]
) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        buttons.draw(clock())
        assert buttons.widgets.buttons[0].disabled
        nb.apply(change, phase)
    buttons.draw(clock())
    assert not buttons.widgets.buttons[0].disabled
    assert "0:42 left" in state(buttons)
    buttons.press("confirm")
    assert "confirm" in made_up.done
    assert pressed == []


@pytest.mark.usefixtures("pressed")
def test_the_verdict_stands_in_the_panel_with_no_name_of_an_error(
    made_up: MadeUp, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    change, buttons = armed(answer)
    nb.apply(change, "prepare")
    buttons.press("undo now")
    assert made_up.done[-1] == "roll back"
    buttons.draw(clock())
    for shows in (
        "as before (rolled back)",
        "the button &#x27;undo now&#x27; was pressed",
        "server-01",
    ):
        assert shows in state(buttons)
    assert "0:42 left" not in state(buttons)
    told = repr(views.stack(buttons.watch.aftermath._shown))  # noqa: SLF001 - what a page would show
    assert "Undone, because the button 'undo now' was pressed" in told
    assert "UndoAsked" not in told + capsys.readouterr().out


@pytest.mark.usefixtures("pressed", "made_up")
def test_the_verdict_of_a_confirmed_change_stands_in_the_panel_at_the_end(answer: Answer) -> None:
    change, buttons = armed(answer)
    for phase in PHASES:
        nb.apply(change, phase)
    kept = nb.confirm(nb.verify(change))
    assert "as promised" not in state(buttons)
    nb.finish(nb.after(kept))
    assert "as promised" in state(buttons)
    assert "at work" not in state(buttons)
    # One line, which unfolds and says whose change it was and what it moved.
    assert "<details class=" in state(buttons)
    assert "<summary>✓ server-01: as promised</summary>" in state(buttons)
    assert "server-01: 172.16.1.1/16 from enp4s0f0 onto virbr1" in state(buttons)


@pytest.mark.usefixtures("pressed", "made_up")
def test_of_a_change_that_was_undone_the_armed_undo_is_not_called_undone(answer: Answer) -> None:
    change, buttons = armed(answer)
    nb.apply(change, "prepare")
    buttons.press("undo now")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", state(buttons)))
    assert "! server-01: as before (rolled back)" in words
    assert "undo armed done" in words
    assert "prepare undone" in words
    assert "to come" not in words


@pytest.mark.usefixtures("pressed")
def test_an_undo_that_failed_stays_unfolded(made_up: MadeUp, answer: Answer) -> None:
    change, buttons = armed(answer)
    made_up.fails["roll back"] = ValueError("the journal is gone")
    buttons.press("undo now")
    assert change.hand.why
    assert "<details open class=" in state(buttons)
    assert "✗ server-01: unknown: go to the console" in state(buttons)


@pytest.mark.usefixtures("pressed", "made_up")
def test_a_panel_that_fails_does_not_hide_the_result(home: Path, answer: Answer) -> None:
    change, buttons = armed(answer)

    def broken(verdict: LastWord) -> None:
        raise ValueError(str(verdict))

    change.before.run.course.listeners[:] = [broken]
    buttons.press("undo now")
    assert recorded(home).told == "as before (rolled back)"
