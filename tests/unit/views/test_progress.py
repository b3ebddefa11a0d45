from __future__ import annotations

from itertools import count

import pytest

from runbook.views import doing


class Handle:
    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def update(self, thing: object) -> None:
        self.shown.append(repr(thing))


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
    assert shown[-1] == "Reading: done in 1.0 s"


def test_what_breaks_off_is_not_called_done(shown: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt), doing("Reading", lambda: 0.0):
        raise KeyboardInterrupt
    assert shown[-1] == "Reading: broken off after 0.0 s"
