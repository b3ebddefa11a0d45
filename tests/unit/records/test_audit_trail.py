"""Somebody alters records: each way is found, and the record is named."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.records import kept

from runbook.records.audit_trail import verify_all
from runbook.records.on_hosts import HostMemory, compare
from runbook.records.predicate import Previous
from runbook.records.signature import ALLOWED_SIGNERS, NAMESPACE
from runbook.records.statement import sha256
from runbook.records.verification import exit_status, folders

DAYS = (1, 2, 3, 4)


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Four records of server-01, one of server-02."""
    for day in DAYS:
        kept.sealed(tmp_path / "outputs", day, plan_json='{"is": "Plan"}')
    kept.sealed(tmp_path / "outputs", 9, host="server-02")
    return tmp_path / "outputs"


def place(day: int, host: str = "server-01") -> str:
    return f"{host}/{kept.number(day)}"


def faults(outputs: Path, *, signed: bool = False) -> set[tuple[str, str, str]]:
    allowed = outputs.parent / ALLOWED_SIGNERS
    found = verify_all(folders(outputs), allowed, signed=signed)
    assert all(one.text for one in found)
    return {(one.place, one.fault, one.name) for one in found}


def flip(outputs: Path) -> None:
    path = outputs / place(2) / "plan.json"
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def rewrite(outputs: Path, day: int, **fields: object) -> None:
    path = outputs / place(day) / "record.json"
    told = json.loads(path.read_text())
    told["predicate"] |= fields
    path.write_text(json.dumps(told))


def swap(outputs: Path) -> None:
    (outputs / place(2)).rename(outputs / "server-01/aside")
    (outputs / place(3)).rename(outputs / place(2))
    (outputs / "server-01/aside").rename(outputs / place(3))


def redate(outputs: Path) -> None:
    rewrite(outputs, 4, begun="2026-02-01T12:00:00Z", ended="2026-02-01T12:05:00Z")


def of_another_host(outputs: Path) -> None:
    shutil.move(outputs / place(9, "server-02"), outputs / "server-01")


MANIFEST = "record.json"


@pytest.mark.parametrize(
    ("alter", "expected"),
    [
        (flip, {(place(2), "changed", "plan.json")}),
        (
            lambda o: (o / place(2) / "plan.json").unlink(),
            {(place(2), "missing", "plan.json")},
        ),
        (lambda o: (o / place(2) / "more").touch(), {(place(2), "extra", "more")}),
        (lambda o: shutil.rmtree(o / place(2)), {(place(2), "removed", MANIFEST)}),
        (
            swap,
            {
                (place(2), "misplaced", MANIFEST),
                (place(3), "misplaced", MANIFEST),
                (place(2), "changed", MANIFEST),
                (place(3), "changed", MANIFEST),
            },
        ),
        (redate, {(place(4), "re-dated", MANIFEST)}),
        (lambda o: rewrite(o, 2, reason="another"), {(place(2), "changed", MANIFEST)}),
        (
            lambda o: (o / place(2) / MANIFEST).unlink(),
            {(place(2), "no manifest", MANIFEST), (place(2), "removed", MANIFEST)},
        ),
        (
            lambda o: (o / place(4)).rename(o / place(5)),
            {(place(5), "misplaced", MANIFEST)},
        ),
        (of_another_host, {(place(9), "misplaced", MANIFEST)}),
    ],
    ids=[
        *("flipped bit", "missing file", "added file", "removed in the middle", "swapped"),
        *("re-dated", "rewritten", "manifest removed", "renamed", "folder of another host"),
    ],
)
def test_each_alteration_is_found_and_named(
    outputs: Path, alter: Callable[[Path], object], expected: set[tuple[str, str, str]]
) -> None:
    assert faults(outputs) == set()
    alter(outputs)
    assert faults(outputs) == expected


def test_a_run_that_died_is_not_proved_and_not_altered(outputs: Path) -> None:
    kept.begun(outputs, 5)
    found = verify_all(folders(outputs), outputs / "none")
    assert [(one.kind, one.fault) for one in found] == [("not proved", "no manifest")]
    assert exit_status(found) == 3
    assert exit_status(()) == 0


def test_records_of_two_machines_that_were_merged_are_no_alteration(outputs: Path) -> None:
    other = outputs.parent / "other"
    shutil.copytree(outputs, other)
    kept.sealed(outputs, 5)
    kept.sealed(other, 6)
    shutil.copytree(other, outputs, dirs_exist_ok=True)
    assert faults(outputs) == set()


def key(folder: Path, name: str) -> tuple[Path, str]:
    path = folder / name
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(make, check=True)
    return path, path.with_suffix(".pub").read_text()


def signature(path: Path, by: Path) -> None:
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(by), "-n", NAMESPACE, str(path)]
    subprocess.run(command, check=True, capture_output=True)


def test_an_unknown_signer_and_a_signature_of_other_content_are_found(outputs: Path) -> None:
    known, public = key(outputs.parent, "known")
    stranger, _ = key(outputs.parent, "stranger")
    (outputs.parent / ALLOWED_SIGNERS).write_text(f"ann@example.org {public}")
    every = [folder / MANIFEST for folder in folders(outputs)]
    for path in every:
        signature(path, known)
    assert faults(outputs, signed=True) == set()
    every[0].with_name("record.json.sig").unlink()
    signature(every[0], stranger)
    assert faults(outputs) == {(place(1), "unknown signer", MANIFEST)}
    every[0].with_name("record.json.sig").unlink()
    assert faults(outputs) == set()
    assert faults(outputs, signed=True) == {(place(1), "not signed", MANIFEST)}
    rewrite(outputs, 4, reason="another")
    assert faults(outputs) == {(place(4), "bad signature", MANIFEST)}


MACHINE = "a" * 32


def memory(outputs: Path, *days: int, changes: tuple[int, ...] = ()) -> HostMemory:
    digests = [
        Previous(
            change_id=kept.number(day),
            sha256=sha256((outputs / place(day) / MANIFEST).read_bytes()),
        )
        for day in days
    ]
    return HostMemory(MACHINE, frozenset(map(kept.number, (*days, *changes))), tuple(digests))


def on_host(outputs: Path, known: HostMemory) -> set[tuple[str, str]]:
    own = [folder for folder in folders(outputs) if folder.parent.name == "server-01"]
    found = list(compare("server-01", own, known, {}))
    assert all(one.text for one in found)
    return {(one.place, one.fault) for one in found}


def test_the_host_tells_that_the_newest_record_was_removed_or_rewritten(outputs: Path) -> None:
    known = memory(outputs, *DAYS)
    assert on_host(outputs, known) == set()
    rewrite(outputs, 4, reason="another")
    assert on_host(outputs, known) == {(place(4), "changed")}
    shutil.rmtree(outputs / place(4))
    assert faults(outputs) == set()
    assert on_host(outputs, known) == {(place(4), "removed"), (place(4), "no record")}


def test_a_change_without_a_record_and_a_record_without_a_change(outputs: Path) -> None:
    known = memory(outputs, 1, changes=(7,))
    assert on_host(outputs, known) == {(place(7), "no record")}
    # It may be on another operator's machine.
    assert exit_status(tuple(compare("server-01", folders(outputs)[:4], known, {}))) == 3
    kept.sealed(outputs, 5, undo="#!/bin/sh\n")
    assert on_host(outputs, known) == {(place(7), "no record"), (place(5), "unknown to the host")}
    # A change that another machine made, and that was undone from here, has a record.
    found = json.dumps({"change_id": kept.number(7)})
    kept.sealed(outputs, 8, kind="undo", found_json=found)
    assert on_host(outputs, known) == {(place(5), "unknown to the host")}


def test_a_record_of_another_machine_is_named(outputs: Path) -> None:
    rewrite(outputs, 4, machine_id="b" * 32)
    assert on_host(outputs, memory(outputs)) == {(place(4), "another machine")}
