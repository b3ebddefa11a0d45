"""This version reads what version 0.1 left on hosts and in records, and ends it."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest
from tests import older
from tests.older import ALL_MADE, CONFIRMED, DEMANDING, GUEST, HALF_MADE, Older
from tests.unit import fakes

from runbook.apply import rollback
from runbook.apply.checkpoint.armed_change import ArmedChange
from runbook.common import serial
from runbook.common.serial import LATER
from runbook.notebook.archive import file_away
from runbook.notebook.desk.records import rows
from runbook.plan import plan as plans
from runbook.plan.promise.subject import SubjectKind
from runbook.run import pipeline, record, resume
from runbook.run.failures import NotAsPromised
from runbook.run.resume import HalfMade
from runbook.run.session import Session
from runbook.run.standing import read_standing
from runbook.state import snapshot as snapshots
from runbook.state.diff import diff
from runbook.state.host import probes
from runbook.transport.host import HostFile
from runbook.transport.router import RouterSays

ARMED = (HALF_MADE, ALL_MADE, DEMANDING, GUEST)
armed = pytest.mark.parametrize("old", ARMED, ids=lambda old: old.name)
of_hosts = pytest.mark.parametrize("old", ARMED[:3], ids=lambda old: old.name)


def host_of(old: Older) -> fakes.FakeHost:
    files = {path: HostFile(path, content, mode) for path, (content, mode) in old.files().items()}
    return fakes.FakeHost(files, old.links(), answers=[fakes.ticking(42.0)])


def session_on(host: fakes.FakeHost) -> Session:
    params = fakes.params()
    return Session(params, host, "root@desk", "20270101T000000Z-000000", fakes.Time(), lambda: host)


def found_on(host: fakes.FakeHost) -> ArmedChange:
    there = read_standing(session_on(host)).armed
    assert there is not None
    return there


@pytest.mark.parametrize("old", [*ARMED, CONFIRMED], ids=lambda old: old.name)
def test_what_is_readable_here_is_what_was_on_the_host(old: Older) -> None:
    files = old.files()
    for name in ("manifest.json", "journal"):
        assert files[f"{old.directory}/{name}"][0] == (old.folder / name).read_bytes()
    for name, newline in (("undo", b""), ("plan.json", b"\n"), ("before.json", b"")):
        checkpoint = files[f"{old.directory}/{name}"][0]
        assert checkpoint + newline == (old.record / name).read_bytes()


@armed
def test_status_reads_all_of_it_without_damage(old: Older) -> None:
    host = host_of(old)
    standing = read_standing(session_on(host))
    told = standing.as_dict()
    manifest = json.loads((old.folder / "manifest.json").read_text())
    steps = len(manifest["steps"])
    made = 23 if old is HALF_MADE else steps
    assert told["state"] == "armed"
    assert told["damage"] == []
    assert (told["change_id"], told["operator"]) == (old.change_id, "root@desk")
    assert (told["steps"], told["steps_made"], told["step_open"]) == (steps, made, None)
    assert f"{made} of {steps} steps were made" in standing.describe()
    assert host.events == [], "looking writes nothing"


@armed
def test_its_plan_and_its_snapshot_are_written_as_they_were_byte_for_byte(old: Older) -> None:
    files, checkpoint = old.files(), found_on(host_of(old)).checkpoint
    assert checkpoint.plan is not None
    assert checkpoint.before is not None
    assert checkpoint.manifest is not None
    assert serial.dumps(checkpoint.plan).encode() == files[f"{old.directory}/plan.json"][0]
    assert snapshots.dumps(checkpoint.before).encode() == files[f"{old.directory}/before.json"][0]
    assert serial.dumps(checkpoint.probed).encode() == files[f"{old.directory}/probes.json"][0]
    assert tuple(n.step.describe() for n in checkpoint.plan.steps()) == checkpoint.manifest.steps


def test_how_a_guest_was_inside_is_known() -> None:
    checkpoint = found_on(host_of(GUEST)).checkpoint
    assert checkpoint.subject.kind is SubjectKind.GUESTS
    assert checkpoint.guests_before.inside["vm-01"].addresses == ("192.168.122.50/24",)


@of_hosts
def test_undo_runs_its_own_script_and_compares_with_its_own_snapshot(
    old: Older, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = host_of(old)
    there = found_on(host)
    before = there.checkpoint.before
    assert before is not None
    asked = f"/bin/sh {old.directory}/undo operator"
    execute = host.execute

    def undone(argv: tuple[str, ...], **other: object) -> object:
        if " ".join(argv).endswith(asked):
            for said in ("begins", "finished: the host is as it was"):
                path = f"{old.directory}/journal"
                fakes.add(host, path, f"2027-01-01T00:00:00Z undo (operator): {said}\n")
            host.links.pop("/var/lib/runbook/armed")
        return execute(argv, **other)  # type: ignore[arg-type]

    monkeypatch.setattr(host, "execute", undone)
    monkeypatch.setattr(rollback, "take", lambda _host, _now: before)
    resume.claim(session_on(host), there, "undo", take_over=False)
    assert resume.undo(session_on(host), there).as_before
    assert read_standing(session_on(host)).state == "undone"


@pytest.mark.parametrize("old", [ALL_MADE, DEMANDING, GUEST], ids=lambda old: old.name)
def test_confirm_takes_up_what_is_all_made(old: Older) -> None:
    host = host_of(old)
    underway, applied = resume.resume(session_on(host), found_on(host))
    assert applied.complete
    assert underway.armed.layout.directory == old.directory


def test_confirm_refuses_what_is_half_made() -> None:
    host = host_of(HALF_MADE)
    with pytest.raises(HalfMade, match="23 of 28 steps were made"):
        resume.resume(session_on(host), found_on(host))


def test_confirm_holds_the_host_against_what_was_promised_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The host as it was minutes before it was confirmed: its lock was there, and all was made.
    host = host_of(CONFIRMED)
    host.links["/var/lib/runbook/armed"] = CONFIRMED.change_id
    path = f"{CONFIRMED.directory}/journal"
    lines = host.text(path).splitlines(keepends=True)
    host.hold(path, "".join(line for line in lines if "confirm" not in line.split(" ", 1)[1][:7]))
    host.hold(f"{CONFIRMED.directory}/open")
    there = found_on(host)
    seen = snapshots.loads((CONFIRMED.record / "after.json").read_text(), "after.json")
    before, probed = there.checkpoint.before, there.checkpoint.probed
    assert before is not None
    assert probed is not None
    bridge = seen.links.set_index("ifname").loc["virbr1", "mac"]
    answers = replace(probed, gateway_sees=str(bridge))
    monkeypatch.setattr(probes, "probe", lambda *_: answers)
    underway, applied = resume.resume(session_on(host), there)

    monkeypatch.setattr(pipeline, "take", lambda _host, _now: before)
    with pytest.raises(NotAsPromised):
        resume.verify(session_on(host), underway, applied)
    monkeypatch.setattr(pipeline, "take", lambda _host, _now: seen)
    verified = resume.verify(session_on(host), underway, applied)
    pipeline.confirm(session_on(host), verified)
    assert read_standing(session_on(host)).state == "confirmed"


def test_a_change_that_it_confirmed_is_the_last_one_and_stays() -> None:
    standing = read_standing(session_on(host_of(CONFIRMED)))
    assert standing.state == "confirmed"
    assert standing.as_dict()["damage"] == []


def test_the_two_snapshots_of_its_record_differ_in_the_same_rows() -> None:
    before, after = (
        snapshots.loads((CONFIRMED.record / name).read_text(), name)
        for name in ("before.json", "after.json")
    )
    # It also said of a field that it holds nothing (`master=`).
    told = json.loads((CONFIRMED.record / "diff.json").read_text())
    for row in told:
        whole = not row["column"] and row["table"] != "files"
        for column in ("before", "after") if whole else ():
            row[column] = " ".join(word for word in row[column].split(" ") if word[-1:] != "=")
    assert diff(before, after).rows.to_dict("records") == told


@pytest.mark.parametrize("old", [*ARMED, CONFIRMED], ids=lambda old: old.name)
def test_its_run_folder_is_read_and_listed(old: Older, tmp_path: Path) -> None:
    path = tmp_path / "server-01" / old.change_id
    shutil.copytree(old.record, path)
    ended = "as promised" if old is CONFIRMED else "died, or goes on"
    assert record.read(path).told.startswith(ended)
    (entry,) = rows(tmp_path)
    assert (entry.host, entry.path) == ("server-01", path)
    assert entry.ended.startswith(ended)


def test_its_executed_notebook_is_filed(tmp_path: Path) -> None:
    folder = tmp_path / "outputs" / "server-01" / CONFIRMED.change_id
    shutil.copytree(CONFIRMED.record, folder)
    notebook = tmp_path / "out.ipynb"
    notebook.write_text(CONFIRMED.notebook.replace(older.HOME, str(tmp_path)))
    filed, page = file_away(notebook, tmp_path / "outputs")
    assert (filed.parent, page.parent) == (folder, folder)
    assert "as promised" in page.read_text()


def test_every_kind_of_thing_in_a_plan_has_its_name_and_its_fields_still() -> None:
    was = json.loads((older.DATA / "kinds.json").read_text())
    kinds = (*plans.kinds(), probes.Probed, probes.Probe, RouterSays)
    now = {k.__name__: [f.name for f in fields(k) if f.metadata != LATER] for k in kinds}
    assert {name: now.get(name) for name in was} == was


@pytest.mark.parametrize(
    ("name", "written", "instead", "said"),
    [
        (
            "plan.json",
            '"is": "PutFile"',
            '"is": "PutLater"',
            "it holds 'PutLater', which this version of runbook does not know",
        ),
        (
            "plan.json",
            '"network": "routed"',
            '"network": "routed", "colour": "red"',
            "has 'colour', which this version of runbook does not know",
        ),
        (
            "manifest.json",
            '"host": "server-01"',
            '"host": "server-01", "colour": "red"',
            "has 'colour', which this version of runbook does not know",
        ),
        ("manifest.json", '"timer": 3', '"timer": null', "runbook did not write it"),
    ],
)
def test_what_a_later_version_wrote_is_refused_in_words_and_can_still_be_undone(
    name: str, written: str, instead: str, said: str
) -> None:
    host = host_of(HALF_MADE)
    path = f"{HALF_MADE.directory}/{name}"
    text = host.text(path)
    assert written in text
    host.hold(path, text.replace(written, instead, 1))
    there = found_on(host)
    (damage,) = there.checkpoint.damage
    assert said in damage
    assert "Error" not in damage
    assert there.stale == ()
    assert there.checkpoint.undo_script
    with pytest.raises(HalfMade, match=said):
        resume.pick_up(session_on(host), there)
