"""What a change is about once its plan cannot be read: untold, it may be about guests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes, insides
from tests.unit import guest_data as data

from runbook.apply.checkpoint import guests_before, layout
from runbook.apply.checkpoint import subject as signs
from runbook.apply.checkpoint.arm import arm
from runbook.apply.checkpoint.armed_change import Kept, read_kept
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.script import undo_script
from runbook.apply.checkpoint.subject import about, named
from runbook.plan.changes.steps import Step
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared

PLACE = Layout(fakes.CHANGE)
OF_GUESTS = data.plan(data.seen())
OF_THE_HOST = fakes.cleared().plan


def armed(plan: Plan) -> fakes.FakeHost:
    host = fakes.standard_host()
    within = {data.NAME: insides.seen()} if plan is OF_GUESTS else None
    arm(Cleared(plan, fakes.seen(), ()), fakes.PROBED, host, fakes.ORDER, within)
    host.hold(PLACE.plan, "{")
    return host


def _steps(plan: Plan) -> list[Step]:
    return [numbered.step for numbered in plan.steps()]


def kept(host: fakes.FakeHost, *gone: str, **damaged: str) -> Kept:
    for name in gone:
        host.files.pop(getattr(PLACE, name), None)
    for name, text in damaged.items():
        host.hold(getattr(PLACE, name), text)
    return read_kept(host, PLACE)


@pytest.mark.parametrize(
    "gone",
    [(), ("guests",), ("guests", "undo"), ("guests", "manifest"), ("undo", "manifest")],
)
def test_any_sign_of_guests_is_enough(gone: tuple[str, ...]) -> None:
    found = kept(armed(OF_GUESTS), *gone)
    assert (found.about, found.of_guests) == ("guests", True)
    assert (f"{PLACE.guests} is missing" in found.damage) == ("guests" in gone)


@pytest.mark.parametrize("text", ["", "{", "{}", guests_before.dumps({}).decode()])
def test_a_list_of_guests_is_one_whatever_is_in_it(text: str) -> None:
    assert kept(armed(OF_THE_HOST), guests=text).about == "guests"


@pytest.mark.parametrize("gone", [(), ("undo",), ("manifest",)])
def test_a_host_alone_is_told_by_its_script_or_by_its_steps(gone: tuple[str, ...]) -> None:
    found = kept(armed(OF_THE_HOST), *gone)
    assert (found.about, found.of_guests) == ("host", False)
    assert f"{PLACE.guests} is missing" not in found.damage


@pytest.mark.parametrize("plan", [OF_GUESTS, OF_THE_HOST], ids=["guests", "host"])
def test_what_nothing_tells_may_be_about_guests(plan: Plan) -> None:
    found = kept(armed(plan), "guests", "undo", manifest="{")
    assert (found.about, found.of_guests) == ("not told", True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("in vm-01: keep the originals, put the undo beside them", "guests"),
        ("virsh update-device vm-01 NIC.xml --live   # routed", "guests"),
        ("ip address replace 172.16.1.1/16 dev virbr1", "host"),
        ("ip link set dev vnet0 master virbr1", "not told"),
    ],
)
def test_steps_that_were_begun_tell_too(line: str, told: str) -> None:
    host = armed(OF_THE_HOST)
    fakes.add(host, PLACE.journal, f"2026-03-01T12:00:09.000Z step 1 begins: {line}\n")
    assert kept(host, "undo", "manifest").about == told


def test_no_step_of_the_one_kind_begins_like_those_of_the_other() -> None:
    host = make_plan(fakes.params(), fakes.seen(**fakes.demanding()))
    told = {step.describe() for plan in (host, OF_THE_HOST) for step in _steps(plan)}
    assert not [step for step in told if step.startswith(signs.OF_GUESTS)]
    told = {step.describe() for step in _steps(OF_GUESTS)}
    assert not [step for step in told if step.startswith(signs.OF_THE_HOST)]


def test_a_script_that_is_another_s_text_tells_nothing() -> None:
    found = kept(armed(OF_THE_HOST), "manifest", undo="#!/bin/sh\necho The change moves x\n")
    assert found.about == "not told"


@pytest.mark.parametrize(("plan", "told"), [(OF_GUESTS, "guests"), (OF_THE_HOST, "host")])
def test_a_plan_that_can_be_read_has_the_last_word(plan: Plan, told: str) -> None:
    other = OF_THE_HOST if plan is OF_GUESTS else OF_GUESTS
    script = undo_script(other, change_id=fakes.CHANGE, title="-")
    assert about(plan, (), script, kept=True) == told


def test_the_script_of_a_change_names_its_guests() -> None:
    script = undo_script(OF_GUESTS, change_id=fakes.CHANGE, title="-")
    assert named(script) == (data.NAME,)
    off = data.plan(data.seen(data.tap(live_xml="", target="", source="")))
    there = replace(off.of_guests.guests[0], name="a b (c)", running=False)
    odd = replace(off, promise=replace(off.of_guests, guests=(there,)))
    assert named(undo_script(odd, change_id=fakes.CHANGE, title="-")) == ("a b (c)",)
    assert named(undo_script(OF_THE_HOST, change_id=fakes.CHANGE, title="-")) == ()


def test_a_lock_that_points_nowhere_tells_nothing() -> None:
    host = fakes.standard_host()
    host.links[layout.ARMED] = fakes.CHANGE
    assert read_kept(host, PLACE).of_guests
