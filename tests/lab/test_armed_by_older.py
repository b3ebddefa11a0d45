"""This version ends a change that version 0.1 armed: undone in three ways, or confirmed.

Kept from then (tests/unit/data/armed_by_0.1): all of /var/lib/runbook with the plan, the
manifest, the journal, the originals, the probes and the undo script; the boot units; the
deadline's timer; the host's machine ID, its watched files and libvirt's own network.

Fresh: the host's disk and kernel, and the steps. This version reads them from the kept plan
and makes them, so that the host stands where the kept journal says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests import bench
from tests.bench import thorough
from tests.lab import returning
from tests.lab.returning import HOST, Before, console, is_armed, outcome, status, verb
from tests.older import ALL_MADE, HALF_MADE, Older

from runbook.apply.steps.perform import perform
from runbook.lab import machine
from runbook.plan import plan as plans
from runbook.plan.plan import PHASES
from runbook.state import snapshot as snapshots
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

ARMED = "/var/lib/runbook/armed"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place for the records."""
    monkeypatch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path)))


def text(old: Older, name: str) -> str:
    """One of the files that the older version left on the host."""
    return old.files()[f"{old.directory}/{name}"][0].decode()


def typed(*argv: str, stdin: bytes = b"") -> None:
    """A command at the host's console that has to succeed."""
    done = machine.run(HOST, argv, stdin)
    assert done.returncode == 0, (argv, done)


def as_it_was(before: Snapshot) -> None:
    """What a new disk draws by chance, or has from this machine, is as it was on that host."""
    typed("tee", "/etc/machine-id", stdin=f"{before.identity.machine_id}\n".encode())
    differing = {str(key) for key in compare(before, bench.snapshot()).rows["key"]}
    for file in before.files.itertuples():
        if file.path in differing:
            typed("tee", str(file.path), stdin=str(file.content).encode())
    (network,) = before.networks.itertuples()
    machine.run(HOST, ("virsh", "net-destroy", str(network.name)))
    typed("virsh", "net-undefine", str(network.name))
    typed("virsh", "net-define", "/dev/stdin", stdin=str(network.defined_xml).encode())
    assert str(compare(before, bench.snapshot())) == ""


def left_by(old: Older, upto: str) -> Before:
    """The host as the older version left it, its steps made up to a phase; the host before."""
    as_it_was(snapshots.loads(text(old, "before.json"), "before.json"))
    before = returning.before()
    plan = plans.loads(text(old, "plan.json"))
    with returning.session() as made:
        for phase in PHASES[: PHASES.index(upto) + 1]:
            for numbered in plan.steps(phase):
                perform(numbered.step, made.host)
    typed("tar", "--extract", "--directory=/", stdin=old.tar)
    typed("systemctl", "daemon-reload")
    typed("systemctl", "start", timer(old))
    return before


def timer(old: Older) -> str:
    """The deadline's unit, as the older version named it."""
    (path,) = (path for path in old.files() if path.endswith(".timer"))
    return path.rpartition("/")[2]


def by_the_program(_old: Older) -> None:
    refused = verb("undo", HOST)
    assert refused.status == 1
    assert "root@desk" in refused.said
    undone = verb("undo", HOST, "--take-over")
    assert undone.status == 0, undone.said


def at_the_console(_old: Older) -> None:
    assert "finished: the host is as it was" in console("sh", f"{ARMED}/undo")
    compared = verb("undo", HOST)
    assert compared.status == 0, compared.said


def by_its_deadline(old: Older) -> None:
    typed("systemctl", "start", timer(old).replace(".timer", ".service"))
    assert status()["state"] == "undone"
    compared = verb("undo", HOST)
    assert compared.status == 0, compared.said


@pytest.mark.usefixtures("fresh_host")
@pytest.mark.parametrize("undo", [by_the_program, at_the_console, thorough(by_its_deadline)])
def test_what_it_left_half_made_is_undone(undo: Callable[[Older], None]) -> None:
    before = left_by(HALF_MADE, "network")
    told = status()
    assert (told["state"], told["damage"], told["steps_made"]) == ("armed", [], 23)
    assert 0 < told["seconds_left"] <= 265
    undo(HALF_MADE)
    assert outcome() == "undone: as before"
    before.check()


@pytest.mark.usefixtures("fresh_host")
def test_what_it_left_all_made_is_confirmed() -> None:
    left_by(ALL_MADE, "settle")
    assert (status()["state"], status()["damage"]) == ("armed", [])
    confirmed = verb("confirm", HOST, "--take-over")
    assert confirmed.status == 0, confirmed.said
    assert outcome() == "as promised"
    assert status()["state"] == "confirmed"
    assert not is_armed()
    assert console(*returning.UNITS) == ""
    assert "default via 172.16.0.1 dev virbr1" in console("ip", "route")
