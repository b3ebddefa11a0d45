"""What a record says is used only if the host itself has kept the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes, guest_data
from tests.unit.plan.revert import reverting
from tests.unit.plan.revert.reverting import BEFORE, later, recorded

from runbook.apply.checkpoint import layout
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.script import restored_paths
from runbook.apply.confirm import Verified, confirm
from runbook.apply.verify import Verdict
from runbook.common import serial
from runbook.common.errors import Refused
from runbook.plan.changes.sysctl import SetSysctl
from runbook.plan.revert.recorded import RecordedChange
from runbook.run.change_on_host import refuse_another_history
from runbook.state.identity import Identity

ORIGINAL = f"/var/lib/runbook/{fakes.CHANGE}/originals/"
NEWER = "20260401T000000Z-ffffff"


@pytest.fixture
def host() -> fakes.FakeHost:
    """The standard host, with the change confirmed on it."""
    made = fakes.standard_host()
    armed = fakes.armed(made)
    paths = [path for path in made.files if path.startswith(ORIGINAL)]
    assert paths
    number = next(i for i, p in enumerate(names(), start=1) if p == reverting.INTERFACES)
    made.hold(f"{ORIGINAL}{number}-interfaces", fakes.INTERFACES)
    confirm(Verified(armed, Verdict(())), made, fakes.NOON, "root@desk")
    return made


def names() -> tuple[str, ...]:
    return restored_paths(reverting.PLAN)


def refused(host: fakes.FakeHost, change: RecordedChange | None = None) -> str:
    with pytest.raises(Refused) as raised:
        refuse_another_history(change or recorded(), later(), host)
    said = str(raised.value)
    assert "nothing was written by this run" in said
    assert raised.value.then
    return said


def ended(host: fakes.FakeHost, change_id: str, line: str) -> None:
    host.hold(Layout(change_id).journal, f"2026-04-01T00:00:00Z {line}\n")


def test_a_record_of_another_machine_is_refused(host: fakes.FakeHost) -> None:
    who = BEFORE.identity
    other = Identity(who.hostname, "b" * 32, *tuple(getattr(who, n) for n in who.__slots__[2:]))
    change = replace(recorded(), before=replace(BEFORE, identity=other))
    assert f"is of machine {'b' * 32}, and {who.machine_id} answers" in refused(host, change)


def test_a_host_that_knows_nothing_of_the_change_is_refused() -> None:
    assert "the host knows nothing of change" in refused(fakes.standard_host())


def test_a_plan_that_somebody_forged_is_refused_though_the_record_is_consistent(
    host: fakes.FakeHost,
) -> None:
    evil = SetSysctl("kernel.core_pattern", "|/tmp/x", "|/tmp/x")
    plan = replace(reverting.PLAN, changes=(*reverting.PLAN.changes, evil))
    assert "is not the plan that was made on the host" in refused(host, recorded(plan))


def test_a_state_before_that_somebody_forged_is_refused(host: fakes.FakeHost) -> None:
    forged = fakes.seen(files=[fakes.file(reverting.INTERFACES, "auto lo\n")])
    change = replace(recorded(), before=forged)
    assert "the state before the change is not the same" in refused(host, change)


def test_a_plan_that_is_damaged_on_the_host_is_named(host: fakes.FakeHost) -> None:
    host.hold(Layout(fakes.CHANGE).plan, "{")
    assert "plan.json is damaged" in refused(host)


def test_a_plan_that_was_exchanged_on_the_host_is_named(host: fakes.FakeHost) -> None:
    other = replace(reverting.PLAN, deadline_override_s=9)
    host.hold(Layout(fakes.CHANGE).plan, serial.dumps(other))
    assert "is not the plan that was armed" in refused(host)


@pytest.mark.parametrize(
    ("content", "why"), [("auto lo\n", "not the one on record"), (None, "gone")]
)
def test_an_original_that_is_another_or_gone_is_named(
    host: fakes.FakeHost, content: str | None, why: str
) -> None:
    path = next(p for p in host.files if p.startswith(ORIGINAL) and p.endswith("-interfaces"))
    if content is None:
        del host.files[path]
    else:
        host.hold(path, content)
    said = refused(host)
    assert f"the original of {reverting.INTERFACES} in " in said
    assert why in said


def test_a_change_that_was_made_since_has_to_be_taken_back_first(host: fakes.FakeHost) -> None:
    ended(host, NEWER, "confirmed: the change stays")
    said = refused(host)
    assert f"change {NEWER} by somebody not known was made after it" in said
    assert f"runbook revert server-01 {NEWER}" in said


def test_a_change_that_was_taken_back_already_is_refused(host: fakes.FakeHost) -> None:
    ended(host, NEWER, "confirmed: the change stays")
    revert = reverting.plan()
    host.hold(Layout(NEWER).plan, serial.dumps(revert))
    assert f"change {fakes.CHANGE} was taken back already, by change {NEWER}" in refused(host)


def test_a_change_that_was_undone_at_the_console_is_not_in_force(host: fakes.FakeHost) -> None:
    line = "2026-03-02T00:00:00Z undo (console): finished: the host is as it was before the change"
    fakes.add(host, Layout(fakes.CHANGE).journal, f"{line}\n")
    said = refused(host)
    assert "is not in force: undone by hand at the console" in said


@pytest.mark.parametrize("line", ["stood down: why", "undo (deadline): finished: x"])
def test_a_later_change_that_left_nothing_stands_in_no_way(host: fakes.FakeHost, line: str) -> None:
    ended(host, NEWER, line)
    refuse_another_history(recorded(), later(), host)


def test_a_later_change_of_guests_stands_in_no_way_by_itself(host: fakes.FakeHost) -> None:
    ended(host, NEWER, "confirmed: the change stays")
    host.hold(Layout(NEWER).plan, serial.dumps(guest_data.plan(guest_data.seen())))
    refuse_another_history(recorded(), later(), host)


def test_a_later_change_that_was_taken_back_itself_stands_in_no_way(host: fakes.FakeHost) -> None:
    other, revert = "20260315T000000Z-eeeeee", reverting.plan()
    ended(host, other, "confirmed: the change stays")
    ended(host, NEWER, "confirmed: the change stays")
    promise = replace(revert.of_revert, change_id=other)
    host.hold(Layout(NEWER).plan, serial.dumps(replace(revert, promise=promise)))
    refuse_another_history(recorded(), later(), host)
    # Not if the revert was undone itself.
    host.hold(Layout(NEWER).journal, "2026-04-01T00:00:00Z undo (deadline): finished: x\n")
    assert f"change {other}" in refused(host)


def test_what_the_host_has_as_recorded_is_used(host: fakes.FakeHost) -> None:
    refuse_another_history(recorded(), later(), host)
    assert layout.ARMED not in host.links
