"""The program dies in the middle of a change, and another one takes up what stands there."""

from __future__ import annotations

import threading
import time

import pytest
from tests import stages
from tests.lab.returning import (
    ARMED,
    HOST,
    UNITS,
    Before,
    console,
    is_armed,
    killed,
    left,
    outcome,
    rolled_back,
    session,
    status,
    verb,
)

from runbook.apply.checkpoint import layout
from runbook.common.errors import ChangeInProgress, ConnectionLost
from runbook.lab import machine
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.session import Ready, Session, Underway
from runbook.transport.live import LiveHost


@pytest.mark.usefixtures("start")
def test_a_change_all_made_is_told_and_confirmed_once_it_is_as_promised() -> None:
    killed("settle")
    told = verb("status", HOST)
    assert told.status == 0
    for said in ("unless confirmed", "steps were made", "deadline moved to", "because step"):
        assert said in told.said
    assert status()["state"] == "armed"

    console("ip", "route", "add", "10.5.0.0/16", "dev", "enp4s0f0")
    refused = verb("confirm", HOST)
    assert refused.status == 1
    assert "routes on enp4s0f0: promised none, seen 10.5.0.0/16" in refused.said
    assert outcome() == "refused"
    assert is_armed()
    console("ip", "route", "del", "10.5.0.0/16", "dev", "enp4s0f0")

    done = verb("confirm", HOST)
    assert done.status == 0, done.said
    assert outcome() == "as promised"
    assert "dev virbr1" in console("ip", "route", "show", "default")
    assert not is_armed()
    assert console(*UNITS) == ""
    assert console("sh", "-c", "find /etc/systemd -name 'runbook-*'") == ""
    assert status()["state"] == "confirmed"
    again = verb("undo", HOST)
    assert again.status == 1
    assert "confirmed at" in again.said


def test_a_step_that_began_and_did_not_end_can_only_be_undone(start: Before) -> None:
    cutover = _first_step("cutover")
    killed("cutover", cutover)
    told = status()
    assert told["step_open"] == cutover
    assert told["steps_made"] == cutover - 1
    refused = verb("confirm", HOST)
    assert refused.status == 1
    assert f"step {cutover} began, and is not known to have ended" in refused.said
    assert is_armed()
    began = time.monotonic()
    undone = verb("undo", HOST)
    assert undone.status == 0, undone.said
    assert time.monotonic() - began < 30
    assert outcome() == "undone: as before"
    start.check()


@pytest.mark.thorough
def test_an_undo_at_the_deadline_is_compared_by_whoever_comes_next(start: Before) -> None:
    left("cutover", deadline_s=15)
    until_undone()
    assert "not compared with before yet" in verb("status", HOST).said
    console("ip", "address", "add", "10.9.9.9/32", "dev", "lo")
    differs = verb("undo", HOST)
    assert differs.status == 1
    assert "+ addresses: lo inet 10.9.9.9 32" in differs.said
    assert outcome() == "unknown: go to the console"
    console("ip", "address", "del", "10.9.9.9/32", "dev", "lo")
    assert verb("undo", HOST).status == 0
    assert outcome() == "undone: as before"
    start.check()
    assert verb("undo", HOST).status == 0
    assert outcome() == "nothing to do"


def test_an_undo_after_a_power_cut_is_told_and_compared(start: Before) -> None:
    left("cutover")
    machine.power_cut(HOST)
    machine.power_on(HOST)
    until_undone()
    assert "undone at a boot" in verb("status", HOST).said
    compared = verb("undo", HOST)
    assert compared.status == 0, compared.said
    start.check()


def test_of_two_operators_at_once_exactly_one_wins(start: Before) -> None:
    with session("ann@desk") as ann, session("bob@desk") as bob:
        ready = [(made, _ready(made)) for made in (ann, bob)]
        won, lost = _armed_at_once(ready)
        ((winner, underway),), (error,) = won, lost
        assert winner.operator in str(error)
        assert winner.change_id in console("readlink", ARMED)
        # Of the loser nothing is left: no timer, no directory.
        timers = [line for line in console(*UNITS).splitlines() if ".timer" in line]
        assert [winner.change_id in line for line in timers] == [True]
        (loser,) = {ann.change_id, bob.change_id} - {winner.change_id}
        assert loser not in console("ls", layout.ROOT)
        for phase in PHASES:
            pipeline.apply(winner, underway, phase)
        pipeline.roll_back(winner, underway, "enough")
    start.check()


def test_killed_while_arming_it_leaves_nothing_that_blocks_or_lasts(
    start: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(ConnectionLost):
        pass

    last = status()

    def symlink(self: LiveHost, target: str, path: str) -> bool:
        if path == ARMED:
            self.close()
            raise Killed("killed", state="arming", then="look")
        return real(self, target, path)

    real = LiveHost.symlink
    monkeypatch.setattr(LiveHost, "symlink", symlink)
    with pytest.raises(Killed):
        left(deadline_s=5)
    monkeypatch.undo()
    # A timer runs, and finds that there is nothing to undo.
    assert ".timer" in console(*UNITS)
    assert status() == last
    end = time.monotonic() + 15
    while console(*UNITS) and time.monotonic() < end:
        time.sleep(0.1)
    start.check()
    underway = left()
    rolled_back(underway)
    assert underway.armed.change_id == status()["change_id"]
    start.check()


Won = list[tuple[Session, Underway]]


def _armed_at_once(ready: list[tuple[Session, Ready]]) -> tuple[Won, list[ChangeInProgress]]:
    gate = threading.Barrier(len(ready))
    won: Won = []
    lost: list[ChangeInProgress] = []

    def arm(made: Session, cleared: Ready) -> None:
        gate.wait()
        try:
            won.append((made, pipeline.arm(made, cleared)))
        except ChangeInProgress as error:
            lost.append(error)

    threads = [threading.Thread(target=arm, args=pair) for pair in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, lost


def _first_step(phase: str) -> int:
    with session() as made:
        return stages.draft(made, pipeline.read(made)).plan.steps(phase)[0].number


def _ready(made: Session) -> Ready:
    seen = pipeline.read(made)
    return pipeline.preflight(made, stages.draft(made, seen), seen)


def until_undone() -> None:
    end = time.monotonic() + 30
    while is_armed():
        assert time.monotonic() < end, "the host did not put itself back"
        time.sleep(0.1)
