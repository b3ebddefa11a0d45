"""What a change is about once its plan cannot be read; if nothing says it, perhaps guests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.older import ALL_MADE, DEMANDING, GUEST, HALF_MADE, Older
from tests.unit import fakes, insides
from tests.unit import guest_data as data

from runbook.apply.checkpoint import layout, manifest, subject
from runbook.apply.checkpoint.arm import arm
from runbook.apply.checkpoint.armed_change import Checkpoint, read_checkpoint
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.script import undo_script
from runbook.apply.checkpoint.subject import SubjectOnHost
from runbook.plan.plan import Plan
from runbook.plan.promise.subject import SubjectKind
from runbook.preflight import Cleared
from runbook.transport.host import HostFile

PLACE = Layout(fakes.CHANGE)
OF_GUESTS = data.plan(data.seen())
OF_THE_HOST = fakes.cleared().plan
HOST, GUESTS = SubjectOnHost(SubjectKind.HOST), SubjectOnHost(SubjectKind.GUESTS, (data.NAME,))
both = pytest.mark.parametrize(
    ("plan", "about"), [(OF_GUESTS, GUESTS), (OF_THE_HOST, HOST)], ids=["guests", "host"]
)


def armed(plan: Plan) -> fakes.FakeHost:
    host = fakes.standard_host()
    within = {data.NAME: insides.seen()} if plan is OF_GUESTS else None
    arm(Cleared(plan, fakes.seen(), ()), fakes.PROBED, host, fakes.ORDER, within)
    host.hold(PLACE.plan, "{")
    return host


def checkpoint(host: fakes.FakeHost, *gone: str, **damaged: str) -> Checkpoint:
    for name in gone:
        host.files.pop(getattr(PLACE, name), None)
    for name, text in damaged.items():
        host.hold(getattr(PLACE, name), text)
    return read_checkpoint(host, PLACE)


@both
@pytest.mark.parametrize("gone", [(), ("undo",), ("manifest",), ("guests",), ("guests", "undo")])
def test_manifest_and_script_each_say_it_and_name_the_guests(
    plan: Plan, about: SubjectOnHost, gone: tuple[str, ...]
) -> None:
    found = checkpoint(armed(plan), *gone)
    assert found.subject == about
    assert found.of_guests == (about is GUESTS)
    missing = f"{PLACE.guests} is missing" in found.damage
    assert missing == (about is GUESTS and "guests" in gone)


@both
def test_it_stands_in_line_2_of_the_script_and_in_the_manifest(
    plan: Plan, about: SubjectOnHost
) -> None:
    host = armed(plan)
    line = host.text(PLACE.undo).splitlines()[1]
    assert line == ("# subject: host" if about is HOST else f"# subject: guests {data.NAME}")
    read = manifest.loads(host.files[PLACE.manifest].content)
    assert (read.subject, read.guests) == (about.kind, about.guests)


@both
def test_a_plan_that_can_be_read_has_the_last_word(plan: Plan, about: SubjectOnHost) -> None:
    other = OF_THE_HOST if plan is OF_GUESTS else OF_GUESTS
    script = undo_script(other, change_id=fakes.CHANGE, title="-", machine_id=fakes.MACHINE)
    assert subject.read(plan, None, script, guests=True) == about


@both
def test_what_nothing_says_may_be_about_guests(plan: Plan, about: SubjectOnHost) -> None:
    del about
    found = checkpoint(armed(plan), "guests", "undo", manifest="{")
    assert (found.subject, found.of_guests) == (SubjectOnHost(), True)


@pytest.mark.parametrize(
    "line",
    [
        "# subject: colours",
        "# subject:",
        "# subject: ",
        '# subject: "host',
        "subject: host",
        "echo # subject: host",
        "echo The change moves x",
        "#\n# subject: host",
    ],
)
def test_a_line_that_is_another_s_text_says_nothing(line: str) -> None:
    found = checkpoint(armed(OF_THE_HOST), "manifest", undo=f"#!/bin/sh\n{line}\n")
    assert found.subject == SubjectOnHost()


def test_a_subject_that_only_a_later_version_knows_is_damage_in_words() -> None:
    host = armed(OF_GUESTS)
    text = host.text(PLACE.manifest).replace('"guests",', '"colours",', 1)
    found = checkpoint(host, "undo", manifest=text)
    assert found.manifest is None
    assert any("its subject is 'colours', which this version" in line for line in found.damage)


def test_an_odd_name_stays_in_its_comment_and_is_read_back() -> None:
    there = replace(OF_GUESTS.of_guests.guests[0], name="a b (c)\nrm -rf x")
    odd = replace(OF_GUESTS, promise=replace(OF_GUESTS.of_guests, guests=(there,)))
    script = undo_script(odd, change_id=fakes.CHANGE, title="-", machine_id=fakes.MACHINE)
    assert script.splitlines()[1] == "# subject: guests 'a b (c) rm -rf x'"
    found = subject.read(None, None, script, guests=False)
    assert found == SubjectOnHost(SubjectKind.GUESTS, ("a b (c) rm -rf x",))


def test_a_lock_that_points_nowhere_says_nothing() -> None:
    host = fakes.standard_host()
    host.links[layout.ARMED] = fakes.CHANGE
    assert read_checkpoint(host, PLACE).of_guests


def armed_by_0_1(old: Older, *gone: str) -> Checkpoint:
    """Such a change, its plan damaged and other files gone."""
    files = {path: HostFile(path, content, mode) for path, (content, mode) in old.files().items()}
    host, place = fakes.FakeHost(files, old.links()), Layout(old.change_id)
    host.hold(place.plan, "{")
    for name in gone:
        host.files.pop(getattr(place, name), None)
    return read_checkpoint(host, place)


@pytest.mark.parametrize("old", [HALF_MADE, ALL_MADE, DEMANDING], ids=lambda old: old.name)
def test_the_script_of_version_0_1_tells_of_the_host(old: Older) -> None:
    assert armed_by_0_1(old, "manifest").subject == HOST
    assert armed_by_0_1(old, "undo").of_guests, "nothing says that there are no guests"


@pytest.mark.parametrize("gone", [(), ("guests",), ("undo", "manifest")])
def test_script_or_guests_json_of_version_0_1_tell_of_guests(gone: tuple[str, ...]) -> None:
    assert armed_by_0_1(GUEST, *gone).subject == SubjectOnHost(SubjectKind.GUESTS)


@pytest.mark.parametrize("old", [HALF_MADE, ALL_MADE, DEMANDING, GUEST], ids=lambda old: old.name)
def test_a_manifest_of_version_0_1_is_written_byte_for_byte_as_it_was(old: Older) -> None:
    raw = (old.folder / "manifest.json").read_bytes()
    assert manifest.dumps(manifest.loads(raw)) == raw
