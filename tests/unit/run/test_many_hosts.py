from __future__ import annotations

import threading

import pytest
from tests.unit import fakes

from runbook.common.clock import SystemClock
from runbook.common.errors import MendAccess
from runbook.params import Params
from runbook.run import many_hosts


def hosts(count: int) -> list[Params]:
    return [fakes.params(host=f"server-{number:02}") for number in range(1, count + 1)]


def test_one_that_never_answers_holds_up_no_other() -> None:
    never = threading.Event()

    def question(params: Params) -> str:
        if params.host == "server-02":
            never.wait(10)
        return f"{params.host} says so"

    answers = list(many_hosts.ask(hosts(3), question, SystemClock(), 0.3))
    never.set()
    assert {a.host: a.value for a in answers} == {
        "server-01": "server-01 says so",
        "server-02": None,
        "server-03": "server-03 says so",
    }
    assert answers[-1].why == "no answer within 0 s"


def test_one_that_cannot_be_reached_says_why() -> None:
    def question(params: Params) -> str:
        raise MendAccess("the cable is cut", host=params.host, state="-", then="-")

    (answer,) = many_hosts.ask(hosts(1), question, SystemClock(), 5)
    assert (answer.value, answer.why) == (None, "the cable is cut")


def test_a_fault_of_the_program_is_that_host_s_answer() -> None:
    def question(params: Params) -> str:
        raise KeyError(params.host)

    (answer,) = many_hosts.ask(hosts(1), question, SystemClock(), 5)
    assert answer.why == "KeyError: 'server-01'"


def test_many_hosts_come_in_lots_and_each_exactly_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_hosts, "AT_ONCE", 2)
    answers = list(many_hosts.ask(hosts(5), lambda params: params.host, SystemClock(), 5))
    assert sorted(a.host for a in answers) == [f"server-{n:02}" for n in range(1, 6)]
    assert all(a.value == a.host for a in answers)
