from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes

from runbook.probes import Probe, Probed
from runbook.promise import Check
from runbook.routed import make_promise
from runbook.verify import Verdict, judge

PROMISE = make_promise(fakes.params(), fakes.seen())
DONE = fakes.as_promised(PROMISE)
BEYOND = "10.99.0.2"
checks = st.lists(
    st.builds(Check, st.just("a"), st.just("b"), st.just("c"), st.booleans(), st.booleans())
)


def probed(*silent: str, sees: str | None = PROMISE.mac) -> Probed:
    targets = (fakes.GATEWAY, BEYOND)
    return Probed(tuple(Probe(t, t not in silent) for t in targets), fakes.GATEWAY, sees)


def verdict(before: Probed, after: Probed) -> Verdict:
    return judge(PROMISE, DONE, before, after)


def test_nothing_checked_is_not_kept() -> None:
    assert not Verdict(()).kept


def test_only_optional_checks_are_not_kept() -> None:
    assert not Verdict((Check("a", "b", "b", kept=True, required=False),)).kept


@given(checks)
def test_it_is_kept_when_there_is_a_required_check_and_none_of_them_is_broken(
    made: list[Check],
) -> None:
    found = Verdict(tuple(made))
    required = [c for c in made if c.required]
    assert found.kept == (required != [] and not found.broken)
    assert all(c.required and not c.kept for c in found.broken)
    assert len(found.table()) == len(made)


def test_a_promise_that_is_kept_is_seen_to_be() -> None:
    found = verdict(probed(), probed())
    assert found.broken == ()
    assert found.kept


def test_a_target_that_went_silent_breaks_the_promise() -> None:
    found = verdict(probed(), probed(BEYOND))
    assert [c.about for c in found.broken] == [f"probe {BEYOND}"]
    assert not found.kept


def test_a_target_that_was_silent_before_is_reported_and_not_required() -> None:
    found = verdict(probed(BEYOND), probed(BEYOND))
    (check,) = [c for c in found.checks if c.about == f"probe {BEYOND}"]
    assert (check.kept, check.required) == (False, False)
    assert found.kept


def test_a_target_that_was_not_asked_again_breaks_the_promise() -> None:
    forgot = Probed((Probe(fakes.GATEWAY, answered=True),), fakes.GATEWAY, PROMISE.mac)
    assert [c.about for c in verdict(probed(), forgot).broken] == [f"probe {BEYOND}"]


def test_a_gateway_that_still_sends_to_the_nic_breaks_the_promise() -> None:
    found = verdict(probed(), probed(sees=fakes.NIC_MAC))
    (broken,) = found.broken
    assert (broken.promised, broken.seen) == (PROMISE.mac, fakes.NIC_MAC)


def test_a_gateway_that_could_be_looked_at_before_and_not_now_breaks_the_promise() -> None:
    (broken,) = verdict(probed(), probed(sees=None)).broken
    assert broken.seen == "no reply to look at"


def test_a_gateway_that_never_answers_pings_is_not_required_to() -> None:
    silent = probed(fakes.GATEWAY, sees=None)
    assert verdict(silent, silent).kept


@pytest.mark.parametrize(
    ("table", "about"),
    [
        ("addresses", "172.16.1.1 is on"),
        ("networks", "network routed active"),
        ("bridge_ports", "port enp4s0f0"),
        ("files", "/etc/sysctl.d/60-runbook-routed.conf"),
    ],
)
def test_an_empty_table_keeps_no_promise(table: str, about: str) -> None:
    found = judge(PROMISE, fakes.as_promised(PROMISE, **{table: []}), probed(), probed())
    assert about in {c.about for c in found.broken}
    assert all(c.seen for c in found.checks)
