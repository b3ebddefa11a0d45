from __future__ import annotations

import time
from itertools import count

import pytest

from runbook.views import Picture, doing, progress


class Handle:
    body = ""

    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def update(self, thing: Picture) -> None:
        self.shown.append(repr(thing))
        self.body = thing.body


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []

    def display(thing: object, *, display_id: bool) -> Handle:
        assert display_id
        texts.append(repr(thing))
        return Handle(texts)

    monkeypatch.setattr("runbook.views.progress.display", display)
    return texts


def test_what_takes_time_says_so_at_once_and_then_how_long(shown: list[str]) -> None:
    ticks = count()
    with doing("Reading", lambda: float(next(ticks))):
        assert shown == ["Reading …"]
    assert shown[-1] == "Reading: done in 1 s"


def test_what_breaks_off_is_called_stopped(shown: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt), doing("Reading", lambda: 0.0):
        raise KeyboardInterrupt
    assert shown[-1] == "Reading: stopped after 0 s"


def test_what_was_done_in_a_moment_takes_no_room_on_the_page(
    shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = Handle(shown)
    monkeypatch.setattr("runbook.views.progress.display", lambda *_, **__: handle)
    with doing("Planning", lambda: 0.0):
        pass
    assert shown == ["Planning: done"]
    assert handle.body == ""
    with pytest.raises(ValueError, match="bad"), doing("Planning", lambda: 0.0):
        raise ValueError("bad")
    assert "Planning: stopped after 0 s" in handle.body


class Counted:
    """What a page would show, one after the other."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def update(self, picture: object) -> None:
        self.texts.append(repr(picture))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Counted:
    handle = Counted()
    monkeypatch.setattr(progress, "display", lambda *_, **__: handle)
    monkeypatch.setattr(progress, "COUNTS_S", 0.05)
    monkeypatch.setattr(progress, "TICK_S", 0.05)
    return handle


def test_what_takes_long_counts_until_it_is_over(page: Counted) -> None:
    with progress.doing("Going into vm-01", lambda: 7.0):
        end = time.monotonic() + 5
        while len(page.texts) < 3 and time.monotonic() < end:
            time.sleep(0.02)
    assert page.texts[:2] == ["Going into vm-01 … 0 s", "Going into vm-01 … 0 s"]
    assert page.texts[-1] == "Going into vm-01: done"
    counted = len(page.texts)
    time.sleep(0.2)
    assert len(page.texts) <= counted + 1


def test_what_is_done_at_once_never_counts(page: Counted) -> None:
    with progress.doing("Planning", time.monotonic):
        pass
    assert page.texts == ["Planning: done"]


def test_what_may_take_long_names_its_bound_and_fills_a_bar(
    page: Counted, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies: list[str] = []
    monkeypatch.setattr(page, "update", lambda picture: bodies.append(picture.body))
    ticks = iter((0.0, 12.4, *[500.0] * 100))

    def display(thing: object, *, display_id: bool) -> Counted:
        assert display_id
        shown.append(repr(thing))
        return page

    monkeypatch.setattr(progress, "display", display)
    with progress.doing("Going into vm-01", lambda: next(ticks), 240):
        assert shown == ["Going into vm-01 (at most 240 s) …"]
        end = time.monotonic() + 5
        while len(bodies) < 2 and time.monotonic() < end:
            time.sleep(0.02)
    assert "… 12 s of at most 240 s" in bodies[0]
    assert '<progress value="12" max="240" aria-label="Going into vm-01">' in bodies[0]
    # What takes longer than it may fills the bar, and no more.
    assert '<progress value="240" max="240"' in bodies[1]
    assert "progress" not in bodies[-1]
