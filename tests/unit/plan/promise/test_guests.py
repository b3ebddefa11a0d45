from __future__ import annotations

import pytest
from tests.unit import guest_data as data

from runbook.plan.promise.guests import GuestPromise
from runbook.state.snapshot import Snapshot

PROMISE: GuestPromise = data.plan(data.seen()).of_guests


def broken(seen: Snapshot) -> list[str]:
    return [check.about for check in PROMISE.checks(seen) if not check.kept]


def test_a_guest_that_is_gone_keeps_nothing() -> None:
    assert len(broken(data.seen(taps=[], guests=[]))) == 3


def test_one_that_only_runs_there_would_be_gone_at_its_next_start() -> None:
    half = data.tap(source="routed")
    assert broken(data.seen(half)) == ["vm-01 is defined on network"]


def test_one_whose_tap_is_in_no_bridge_is_not_there() -> None:
    links = [{"ifname": data.TAP, "kind": "tun"}]
    found = [c for c in PROMISE.checks(data.seen(data.moved_tap(), links=links)) if not c.kept]
    assert [(c.promised, c.seen) for c in found] == [("virbr1", "no bridge")]


def test_all_of_it_is_kept_on_the_lan() -> None:
    assert broken(data.seen(data.moved_tap())) == []
    assert "vm-01 at 172.16.1.10/16" in PROMISE.end_state


def test_a_promise_about_nobody_is_none() -> None:
    with pytest.raises(ValueError, match="at least one"):
        GuestPromise("routed", "virbr1", "enp4s0f0", ())


def test_of_a_guest_that_is_shut_off_no_address_is_promised() -> None:
    off = data.seen(data.tap(live_xml="", source="", target=""))
    drawn = data.plan(off, edit=None)
    for told in (
        drawn.of_guests.end_state,
        "\n".join(drawn.of_guests.purpose),
        drawn.changes[0].after,
    ):
        assert "vm-01 at" not in told
        assert "shut off" in told
    assert "addresses that it has inside" in drawn.of_guests.end_state


def test_neither_promise_passes_for_the_other() -> None:
    with pytest.raises(TypeError, match="nothing of the host"):
        _ = data.plan(data.seen()).of_host
