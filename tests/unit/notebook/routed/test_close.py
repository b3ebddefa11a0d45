"""The state after: over which connection it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn, cast

import pytest
from tests.unit import hosts
from tests.unit.notebook.conftest import MadeUp
from tests.unit.notebook.shared.test_stopping import NOBODY, Answer, run

from runbook.common.clock import Clock
from runbook.common.errors import ConnectionLost
from runbook.notebook.routed import cells as nb
from runbook.notebook.routed import close
from runbook.notebook.shared.change_so_far import SharedChange
from runbook.params import Params
from runbook.run import pipeline
from runbook.run.session import Session
from runbook.state.snapshot import Snapshot
from runbook.transport.host import Host

LOST = ConnectionLost("it is gone", host="server-01", state="not known", then="look")


@dataclass
class Line:
    """A connection, by its number; `lost` raises where it is read over."""

    number: int
    lost: bool = False
    closed: bool = False

    def close(self) -> None:
        self.closed = True

    def glob(self, *_: str) -> tuple[str, ...]:
        return ()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, made_up: MadeUp, answer: Answer) -> list[Line]:
    """The new connections of a run, in their order."""
    answer(NOBODY)
    made: list[Line] = []
    plain = made_up.open_session

    def connect() -> Host:
        made.append(Line(len(made)))
        return cast("Host", made[-1])

    def open_session(params: Params, clock: Clock) -> Session:
        return replace(plain(params, clock), connect=connect)

    monkeypatch.setattr(pipeline, "open_session", open_session)
    return made


def reading(over: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def take(line: Line, now: datetime) -> Snapshot:
        del now
        over.append(line.number)
        if line.lost:
            raise LOST
        return hosts.after()

    monkeypatch.setattr(close, "take", take)


def test_it_is_the_one_that_confirmed_and_it_is_closed_then(
    lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    over: list[int] = []
    reading(over, monkeypatch)
    kept = run(14)["kept"]
    assert [line.closed for line in lines] == [False]
    nb.after(kept)
    assert over == [0]
    assert [line.closed for line in lines] == [True]


def test_where_that_is_lost_a_new_one_is_made_and_so_for_a_second_look(
    lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    over: list[int] = []
    reading(over, monkeypatch)
    kept = run(14)["kept"]
    lines[0].lost = True
    nb.after(kept)
    nb.after(kept)
    assert over == [0, 1, 2]
    assert all(line.closed for line in lines)


def test_a_connection_over_which_the_confirmation_failed_is_not_kept() -> None:
    hand, line = SharedChange(cast("Any", None), cast("Any", None)), Line(0)

    def fail() -> NoReturn:
        raise LOST

    with pytest.raises(ConnectionLost), hand.hold(cast("Host", line)):
        fail()
    assert line.closed
    assert hand.hand_on() is None
