"""The benchmarks run, on sizes that take no time; what they measure is looked at by people."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from benchmarks import kernel_tables, measure, outage, picture, report
from benchmarks.__main__ import main
from benchmarks.measure import Cost
from benchmarks.report import Report
from click.testing import CliRunner

from runbook.state import rules


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
    assert kernel_tables.iptables(50).count("-A INPUT") == 50


def test_the_rules_of_ip_rule_are_as_many_and_each_is_another_one() -> None:
    # Behind the number with which `ip rule save` begins.
    found = rules.parse(kernel_tables.TABLES["rules"].content(300)[4:])
    assert len({row.src for row in found}) == len({row.priority for row in found}) == 300
    assert {row.action for row in found} == {"lookup"}


@pytest.mark.parametrize(
    ("name", "lines"),
    [("routes of IPv6", 2500), ("neighbours", 2500), ("addresses", 2503), ("links", 1250)],
)
def test_a_table_is_filled_with_a_line_for_each_row(name: str, lines: int) -> None:
    found = kernel_tables.TABLES[name].content(2500).decode().splitlines()
    assert len(set(found)) == lines


def test_no_bridge_has_more_ports_than_the_kernel_allows() -> None:
    lines = kernel_tables.TABLES["ports of bridges"].content(2500).decode().splitlines()
    ports = Counter(
        words[words.index("master") + 1] for words in map(str.split, lines) if "master" in words
    )
    assert max(ports.values()) <= 1023
    assert sum(ports.values()) == 2500


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
