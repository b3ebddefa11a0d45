"""Ctrl-C at a fleet run, pressed once, twice and a third time; and a signal to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.fleet import interrupts
from runbook.fleet.context import FleetContext
from runbook.fleet.ends import FleetEnd
from runbook.fleet.engine import Engine
from runbook.fleet.ledger import FleetPlan, HostEnd, Ledger

AT = FleetContext(Path("/params"), Path("/outputs"), fakes.Time(), lambda _text: None)


@dataclass
class Heard:
    """What the operator reads."""

    lines: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)

    def tell(self, text: str) -> None:
        self.lines.append(text)
        if "armed; it undoes" in text:
            self.asked.set()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def made(tmp_path: Path, heard: Heard) -> Engine:
    given = {"notebook": "/n", "sha256": "", "options": (), "max_failures": 0}
    ledger = Ledger(tmp_path)
    ledger.begin(fakes.NOON, FleetPlan.model_validate({**given, "batches": (("a", "b"),)}))
    ledger.host_begins(fakes.NOON, "a")
    ledger.host_begins(fakes.NOON, "b")
    ledger.host_ended(fakes.NOON, HostEnd(host="b", end=FleetEnd.AS_PROMISED))
    executor: object = None
    nothing: Callable[..., HostEnd] = lambda *_: pytest.fail("asked")  # noqa: E731
    return Engine(ledger, executor, fakes.Time(), heard.tell, nothing)  # type: ignore[arg-type]  # none is needed


def standing(host: str) -> str:
    return f"{host}: armed; it undoes the change by itself within 200 s"


def press(number: int) -> None:
    os.kill(os.getpid(), number)


def test_the_first_press_lets_the_hosts_at_work_end(made: Engine, heard: Heard) -> None:
    with interrupts.interruptible(made, standing, AT):
        press(signal.SIGINT)
    assert made.stop.is_set()
    assert "At work: a;" in heard.lines[0]
    assert not (made.ledger.folder / "interrupt").exists()


def test_the_second_press_undoes_and_says_what_is_armed_where(made: Engine, heard: Heard) -> None:
    with interrupts.interruptible(made, standing, AT):
        press(signal.SIGINT)
        press(signal.SIGINT)
        assert heard.asked.wait(10)
    assert (made.ledger.folder / "interrupt").exists()
    assert "a: armed; it undoes the change by itself within 200 s" in heard.lines
    assert not any(line.startswith("b:") for line in heard.lines)


def test_the_third_press_leaves_at_once(
    made: Engine, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    with interrupts.interruptible(made, standing, AT):
        for _ in range(3):
            press(signal.SIGINT)
    assert left == [5]
    assert f"runbook fleet --resume {made.ledger.folder.name}" in heard.lines[-1]


def test_a_kernel_is_not_ended_by_a_third_press(
    made: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "_exit", lambda _status: pytest.fail("left"))
    with interrupts.interruptible(made, standing, replace(AT, leaves=False)):
        for _ in range(3):
            press(signal.SIGINT)
    assert (made.ledger.folder / "interrupt").exists()


def test_where_nobody_is_there_the_first_press_undoes(made: Engine) -> None:
    with interrupts.interruptible(made, standing, replace(AT, leaves=False, patient=False)):
        press(signal.SIGINT)
    assert (made.ledger.folder / "interrupt").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_undoes_what_is_at_work(made: Engine, number: int) -> None:
    with interrupts.interruptible(made, standing, AT):
        press(number)
    assert made.stop.is_set()
    assert (made.ledger.folder / "interrupt").exists()


def test_afterwards_ctrl_c_is_what_it_was(made: Engine) -> None:
    with interrupts.interruptible(made, standing, AT):
        pass
    with pytest.raises(KeyboardInterrupt):
        press(signal.SIGINT)
