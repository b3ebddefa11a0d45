"""The benchmarks run, on sizes that take no time; what they measure is looked at by people."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import measure, outage, picture, report, tables
from benchmarks.__main__ import main
from benchmarks.measure import Cost
from benchmarks.report import Report
from click.testing import CliRunner


def test_a_group_is_measured_printed_and_kept_beside_the_others(tmp_path: Path) -> None:
    out = tmp_path / "bench/latest.json"
    for _ in range(2):
        done = CliRunner().invoke(main, ["--tiny", "tables", "--rounds", "2", "--out", str(out)])
        assert done.exit_code == 0, done.output
    assert "plan and preflight, drop, 20 rules: runbook" in done.output
    (group,) = Report.read(out).groups
    assert {row.metric for row in group.rows} == {"cpu", "wall"}
    assert all(len(row.values) == 2 for row in group.rows)
    assert any(line.startswith("| two tables") for line in report.markdown(Report.read(out)))


def test_a_ratio_is_that_of_runs_side_by_side() -> None:
    seconds = iter((1.0, 3.0, 10.0, 20.0, 1.0, 2.0))
    runs = dict.fromkeys(("other", "ours"), lambda: Cost(next(seconds), 1.0))
    rows = measure.in_turn("group", "case", runs, rounds=3, beside="other")
    (ours,) = (row for row in rows if (row.tool, row.metric) == ("ours", "cpu"))
    assert (ours.values, ours.median, ours.ratio) == ((3.0, 20.0, 2.0), 3.0, 2.0)


def test_what_a_command_starts_counts_too() -> None:
    work = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**6))'])"
    alone = measure.command((sys.executable, "-c", "import subprocess"))
    assert measure.command((sys.executable, "-c", work)).cpu > alone.cpu


def test_the_rules_that_are_judged_are_as_many_as_asked_for() -> None:
    assert tables.rules(50).count("-A INPUT") == 50


def test_the_picture_names_every_tool_and_its_time() -> None:
    case = (outage.GROUP, picture.CASE)
    rows = [
        measure.row((*case, tool), (picture.METRIC, "ms"), [ms])
        for tool, ms in (("runbook", 0.0), ("by <hand>", 4600.0))
    ]
    drawn = picture.drawn(Report().having(outage.GROUP, rows, report.now(), (0, 0, 0)))
    assert ">by &lt;hand&gt;</text>" in drawn
    assert ">4.6 s</text>" in drawn
    assert ">0 ms</text>" in drawn
