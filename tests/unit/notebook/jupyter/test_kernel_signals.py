"""A kernel that is told to end: what becomes of an armed change before it does."""

from __future__ import annotations

import os
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from runbook.notebook.jupyter import kernel_signals
from runbook.notebook.jupyter.kernel_signals import Ending


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order; papermill started the kernel, and nobody is there."""
    done: list[str] = []

    def stop(namespace: object, why: str) -> None:
        del namespace
        done.append(f"undone: {why}")
        raise RuntimeError(why)

    monkeypatch.setattr("runbook.notebook.shared.stopping.stop", stop)
    monkeypatch.setattr(kernel_signals, "somebody_there", lambda: False)
    monkeypatch.setattr(kernel_signals, "may_write", lambda: True)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(os, "kill", lambda _, number: done.append(f"killed: {number}"))
    return done


def kernel() -> Ending:
    shell: Any = SimpleNamespace(user_ns={})
    return Ending(shell)


def test_a_cell_at_work_is_interrupted_and_the_kernel_lives_to_say_so(ended: list[str]) -> None:
    ending = kernel()
    ending.begin()
    with pytest.raises(KeyboardInterrupt, match="the kernel got SIGTERM"):
        ending.hear(signal.SIGTERM, None)
    assert ended == []


def test_between_two_cells_the_change_is_undone_and_then_the_kernel_ends(
    ended: list[str],
) -> None:
    ending = kernel()
    ending.begin()
    ending.end()
    ending.hear(signal.SIGHUP, None)
    assert ended == ["undone: the kernel got SIGHUP", f"killed: {signal.SIGHUP}"]


@pytest.mark.parametrize("busy", [True, False])
def test_where_somebody_is_there_the_change_is_left_to_be_taken_up(
    ended: list[str], monkeypatch: pytest.MonkeyPatch, *, busy: bool
) -> None:
    monkeypatch.setattr(kernel_signals, "somebody_there", lambda: True)
    ending = kernel()
    ending.busy = busy
    ending.hear(signal.SIGTERM, None)
    assert ended == [f"killed: {signal.SIGTERM}"]
