"""`papermill notebooks/revert.ipynb` against a host whose change was confirmed before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests import bench
from tests.bench import HOST, Done, on_host
from tests.lab import returning
from tests.run_folder import run_folder

from runbook.notebook.revert.request import want
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.session import Ready, Session, Underway
from runbook.run.subject_revert import RevertSubject
from runbook.state.diff import compare
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot

INTERFACES = "/etc/network/interfaces"
OWN = "/etc/sysctl.d/60-runbook-routed.conf"
# Made after the change, and nothing of it has to do with the change.
UNRELATED = (
    "ip address add 10.9.9.9/32 dev lo;"
    rf" printf '\n# ours\nauto lo:9\niface lo:9 inet static\n address 10.9.9.9/32\n' >>"
    f"{INTERFACES};"
    " printf 'net.ipv4.conf.lo.rp_filter = 0\\n' >/etc/sysctl.d/90-ours.conf;"
    " iptables -A INPUT -s 10.77.0.0/16 -j DROP"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = bench.make_home(tmp_path)
    monkeypatch.setenv("RUNBOOK_HOME", str(made))
    return made


@pytest.fixture
def before(fresh_host: str) -> Snapshot:
    """The host before the change."""
    assert fresh_host == HOST
    return bench.snapshot()


def changed(home: Path) -> str:
    """The change made and confirmed; its number."""
    done = bench.papermill(home, "-p", "host", HOST)
    assert done.status == 0, done.said
    return run_folder(done).name


def revert(home: Path, *options: str, name: str = "revert.ipynb") -> Done:
    given = ("-p", "host", HOST, "-r", "ticket", "CHG-9", *options)
    return bench.papermill(home, *given, name=name, notebook=bench.REVERT)


@contextmanager
def session() -> Iterator[Session]:
    """A revert of the newest confirmed change, by a program."""
    request = want({"host": HOST})
    made = pipeline.open_session(request.params)
    with closing(made.host):
        yield replace(made, subject=RevertSubject(change=request.found.change))


def applied(made: Session) -> Underway:
    """A revert with all its steps made, and not verified."""
    ready = pipeline.dry_run(made)
    assert isinstance(ready, Ready)
    underway = pipeline.arm(made, ready)
    for phase in PHASES:
        pipeline.apply(made, underway, phase)
    return underway


def test_the_host_is_as_before_and_what_was_made_since_is_kept(
    before: Snapshot, home: Path
) -> None:
    change = changed(home)
    on_host("sh", "-c", f"{UNRELATED}; echo '# mine' >>{OWN}")
    since = bench.snapshot()

    # The undo of a revert is the changed host again, row by row.
    with session() as made:
        undone = pipeline.roll_back(made, applied(made), "because")
    assert str(undone.differences) == ""
    assert str(compare(since, bench.snapshot())) == ""

    done = revert(home)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    now = bench.snapshot()
    differs = {(str(row.table), str(row.key)) for row in compare(before, now).rows.itertuples()}
    # The address on lo has a route of its own.
    assert {table for table, _ in differs} == {"addresses", "files", "firewall", "routes"}
    assert all("10.9.9.9" in key for table, key in differs if table in ("addresses", "routes"))
    assert {key for table, key in differs if table == "files"} == {
        INTERFACES,
        "/etc/sysctl.d/90-ours.conf",
    }
    was = next(row.content for row in before.rows(FileRow) if row.path == INTERFACES)
    assert on_host("cat", INTERFACES).startswith(f"{was}\n# ours\n")
    assert "# mine" in on_host("sh", "-c", "cat /var/lib/runbook/*/originals/*60-runbook*")
    # Nothing was lost on the way, as the host itself was asked.
    folder = run_folder(done)
    record = json.loads((folder / "record.json").read_text())["predicate"]
    assert record["absence"]["lost"] == 0
    # Both records name each other.
    assert record["kind"] == "revert"
    assert record["ticket"] == "CHG-9"
    assert record["links"] == [{"relation": "reverts", "change_id": change}]
    later = folder.parent / change / f"later-{folder.name}.json"
    assert json.loads(later.read_text())["predicate"]["relation"] == "reverted by"
    assert returning.verb("audit", HOST).status == 0
    again = revert(home, "-r", "change", change, name="again.ipynb")
    assert again.status != 0
    assert f"change {change} was taken back already, by change {folder.name}" in again.said
