from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes

from runbook.apply.verify import Verdict, judge
from runbook.plan.promise.check import Check
from runbook.plan.routed.desired_state import make_promise
from runbook.state.host.probes import Probe, Probed
from runbook.transport.router import RouterSays

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
    assert not Verdict(()).passed


def test_only_optional_checks_are_not_kept() -> None:
    assert not Verdict((Check("a", "b", "b", kept=True, required=False),)).passed


@given(checks)
def test_it_is_kept_when_there_is_a_required_check_and_none_of_them_is_broken(
    made: list[Check],
) -> None:
    found = Verdict(tuple(made))
    required = [c for c in made if c.required]
    assert found.passed == (required != [] and not found.broken)
    assert all(c.required and not c.kept for c in found.broken)


def test_a_promise_that_is_kept_is_seen_to_be() -> None:
    found = verdict(probed(), probed())
    assert found.broken == ()
    assert found.passed


def test_a_target_that_went_silent_breaks_the_promise() -> None:
    found = verdict(probed(), probed(BEYOND))
    assert [c.about for c in found.broken] == [f"probe {BEYOND}"]
    assert not found.passed


def test_a_target_that_was_silent_before_is_reported_and_not_required() -> None:
    found = verdict(probed(BEYOND), probed(BEYOND))
    (check,) = [c for c in found.checks if c.about == f"probe {BEYOND}"]
    assert (check.kept, check.required) == (False, False)
    assert found.passed


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


def heard(*macs: str, before: tuple[str, ...] = (fakes.NIC_MAC,)) -> Verdict:
    """What is made of what the router itself holds, before and after."""
    then, now = (RouterSays("gw", held, "" if held else "refused") for held in (before, macs))
    return verdict(replace(probed(), router=then), replace(probed(), router=now))


@pytest.mark.parametrize("macs", [(), (fakes.NIC_MAC,), (PROMISE.mac, fakes.NIC_MAC)])
def test_a_router_that_does_not_hold_the_bridge_s_mac_breaks_the_promise(
    macs: tuple[str, ...],
) -> None:
    (broken,) = heard(*macs).broken
    assert broken.about == "gw holds for 172.16.1.1"
    assert broken.seen == (" ".join(macs) or "refused")


def test_a_router_that_could_not_be_read_before_is_reported_and_not_required() -> None:
    found = heard(before=())
    (check,) = (c for c in found.checks if c.about.startswith("gw holds"))
    assert (check.kept, check.required, check.seen) == (False, False, "refused")
    assert found.passed


def test_a_router_that_nobody_named_is_not_spoken_of() -> None:
    assert not any("holds for" in c.about for c in verdict(probed(), probed()).checks)
    assert heard(PROMISE.mac).passed


def test_a_boot_that_would_not_come_up_right_breaks_the_promise() -> None:
    disabled = fakes.as_promised(PROMISE, units=fakes.units(libvirtd="disabled"))
    found = judge(PROMISE, disabled, probed(), probed())
    assert not found.passed
    assert all(c.about.startswith("boot ") for c in found.broken)
    assert set(found.of_boot) | set(found.of_now) == set(found.checks)
    assert not set(found.of_boot) & set(found.of_now)


def test_a_mac_that_stays_the_nic_s_is_what_every_router_goes_on_holding() -> None:
    same = make_promise(fakes.params(bridge_mac="nic"), fakes.seen())
    assert same.mac == fakes.NIC_MAC
    still = replace(probed(sees=same.mac), router=RouterSays("gw", (same.mac,), ""))
    assert judge(same, fakes.as_promised(same), still, still).passed


def test_a_gateway_that_never_answers_pings_is_not_required_to() -> None:
    silent = probed(fakes.GATEWAY, sees=None)
    assert verdict(silent, silent).passed


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


def test_a_router_that_was_read_before_and_is_not_asked_now_breaks_the_promise() -> None:
    asked = replace(probed(), router=RouterSays("admin@gw", (fakes.NIC_MAC,), ""))
    found = verdict(asked, probed())
    (check,) = found.broken
    assert check.about == f"admin@gw holds for {fakes.IP}"
    assert check.seen == "not asked: the parameter `router` is not given"


def test_one_that_could_not_be_read_before_either_is_told_and_breaks_nothing() -> None:
    asked = replace(probed(), router=RouterSays("admin@gw", (), "no answer"))
    found = verdict(asked, probed())
    assert found.passed
    assert [c.seen for c in found.checks if c.about.startswith("admin@gw")] == [
        "not asked: the parameter `router` is not given"
    ]
