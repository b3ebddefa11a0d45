"""A change of guests whose plan is lost on its host: undone, and no guest called as before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench
from tests.lab import guesting, returning
from tests.lab.guesting import HOST, console

from runbook.apply.checkpoint import layout
from runbook.apply.steps import journal
from runbook.guest.undo import layout as inside_layout
from runbook.lab import guest as lab_guests
from runbook.lab import lab as labs
from runbook.lab.guest_xml import Guest as LabGuest
from runbook.run import pipeline

UNKNOWN = "unknown: go to the console"
DAMAGED = "truncate -s 100 plan.json guests.json"
# What undo script, manifest and journal tell of guests goes too; the script works all the same.
UNTOLD = """\
echo '{' | tee plan.json >manifest.json
rm guests.json
sed -i '2,/^#$/d' undo
sed -i '/ step /d' journal
"""


@pytest.fixture(scope="module")
def guest(lab: labs.Lab) -> Iterator[LabGuest]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    (made,) = guesting.added("quick", "vm-01")
    yield made
    labs.renew(HOST)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (DAMAGED, "not looked at: vm-01; "),
        (UNTOLD, "not looked at: a guest of which nobody can tell whether the change is about it"),
    ],
    ids=["damaged", "untold"],
)
def test_another_program_undoes_it_and_says_that_the_guest_was_not_looked_at(
    guest: LabGuest, damage: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path)))
    with guesting.session("vm-01") as made:
        before = pipeline.read(made)
    guesting.killed("settle", "vm-01", deadline_s=600)
    place = layout.Layout(console("readlink", layout.ARMED).strip())
    console("sh", "-ec", f"cd {place.directory}\n{damage}")

    ended = returning.verb("undo", HOST, "--take-over")
    assert ended.status == 1, ended.said
    assert told in ended.said
    assert f"{place.plan} cannot be read" in ended.said
    assert "no row differs" not in ended.said
    assert returning.outcome() == UNKNOWN
    # The host's part is undone, and nobody reads of it that all is as before.
    assert not returning.is_armed()
    assert "default" in console("virsh", "domiflist", "vm-01")
    assert journal.AS_BEFORE not in console("cat", place.journal)
    assert "its guests are not looked at yet" in returning.verb("status", HOST).said

    # Its own undo still stands in the guest, and is what puts it back.
    guesting.in_guest("vm-01", f"sh {inside_layout.ARMED}/undo >/dev/null")
    lab_guests.wait(HOST, guest)
    assert guesting.as_before(before) == ""
    again = returning.verb("undo", HOST)
    assert again.status == 1
    assert told in again.said
