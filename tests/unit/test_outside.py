from __future__ import annotations

from tests.unit import guest_data as data

from runbook.outside import Heard
from runbook.transport.router import RouterSays

(GUEST,) = data.plan(data.seen()).of_guests.guests
OTHER = "02:00:00:00:00:99"


def heard(**other: object) -> Heard:
    usual: dict[str, object] = {
        "answers": (data.MAC,),
        "pinged": True,
        "router_sends_to": data.MAC,
        "router": None,
        "from_here": None,
    }
    return Heard(**{**usual, **other})  # type: ignore[arg-type] # by name


def broken(told: Heard) -> set[str]:
    return {check.about for check in told.checks(GUEST) if check.required and not check.kept}


def test_nobody_or_two_that_answer_break_the_promise() -> None:
    assert broken(heard(answers=())) == {"172.16.1.10 is answered for by"}
    assert broken(heard(answers=(OTHER, data.MAC))) == {"172.16.1.10 is answered for by"}


def test_a_router_that_sends_elsewhere_breaks_it_and_one_that_is_silent_does_not() -> None:
    assert broken(heard(router_sends_to=OTHER)) == {"172.16.0.1 sends vm-01's packets to"}
    assert broken(heard(router_sends_to=None)) == set()


def test_the_routers_own_table_counts_where_it_could_be_read() -> None:
    assert broken(heard(router=RouterSays("gw", (OTHER,), ""))) == {"gw holds for 172.16.1.10"}
    assert broken(heard(router=RouterSays("gw", (), "no way in"))) == set()


def test_a_guest_that_drops_pings_is_there_all_the_same() -> None:
    assert broken(heard(pinged=False, from_here=False)) == set()
    assert broken(heard()) == set()
