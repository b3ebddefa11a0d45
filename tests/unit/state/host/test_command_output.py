from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.fakes import FakeHost
from tests.unit.state import recorded

from runbook.common.errors import ConnectionLost, ReadFailed
from runbook.state import firewall, sysctl
from runbook.state.host import command_output
from runbook.state.host.command_output import COMMANDS, MOST_LETTERS, CommandOutput
from runbook.transport import RecordedHost, Recorder
from runbook.transport.host import Completed

GATE = "/proc/net/ip_tables_names"
FORWARD = "/proc/sys/net/ipv4/ip_forward"
LINK = ("ip", "-details", "link")


def host(**files: str) -> FakeHost:
    """A host each of whose programs prints its own command line."""
    made = FakeHost(
        answers=[lambda argv: Completed(tuple(argv), 0, " ".join(argv).encode() + b"\n", b"")]
    )
    for path, text in {FORWARD: "1\n", **files}.items():
        made.hold(path, text)
    return made


def of(rows: Sequence[CommandOutput], table: str) -> list[CommandOutput]:
    return [row for row in rows if row.table == table]


def test_a_program_that_is_missing_is_told_and_the_others_are_asked_all_the_same() -> None:
    there = host()
    missing = Completed(("nft",), 127, b"", b"nft: No such file or directory")
    there.answers.insert(0, lambda argv: missing if argv[0] == "nft" else None)
    rows = command_output.read(there)
    (row,) = of(rows, "nftables")
    assert (row.status, row.text) == (None, "nft is missing on the host")
    assert {name for name, _ in COMMANDS} <= {row.table for row in rows}


def test_a_program_that_does_not_end_is_told_and_keeps_nobody_waiting_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there, patience = host(), []

    def query(argv: Sequence[str], *, timeout: float = 30.0) -> Completed:
        patience.append(timeout)
        if argv[0] == "virsh":
            raise ReadFailed("it did not end within 5 s", state="as it was", then="look")
        return Completed(tuple(argv), 0, b"fine", b"")

    monkeypatch.setattr(there, "query", query)
    rows = command_output.read(there)
    assert [(r.status, r.text) for r in of(rows, "guests")] == [(None, "it did not end within 5 s")]
    assert of(rows, "links")[0].text == "fine"
    assert max(patience) <= 5


def test_a_lost_connection_is_no_program_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    there = host()

    def lost(argv: Sequence[str], *, timeout: float = 30.0) -> Completed:
        del argv, timeout
        raise ConnectionLost("gone", state="as it was", then="look")

    monkeypatch.setattr(there, "query", lost)
    with pytest.raises(ConnectionLost):
        command_output.read(there)


def test_a_legacy_program_is_run_only_where_the_kernel_has_legacy_tables() -> None:
    assert [row.argv[0] for row in of(command_output.read(host()), "firewall")] == [
        "iptables-nft-save",
        "ip6tables-nft-save",
    ]
    rows = of(command_output.read(host(**{GATE: "filter\n"})), "firewall")
    assert ("iptables-legacy-save", "-c") in [row.argv for row in rows]


def test_endless_words_are_cut_at_a_line_and_say_so() -> None:
    line = b"10.0.0.0/24 dev eth0\n"
    there = FakeHost(answers=[lambda argv: Completed(tuple(argv), 0, line * 100_000, b"")])
    (row,) = of(command_output.read(there), "links")
    *kept, last = row.text.splitlines()
    assert len(row.text) < MOST_LETTERS + 100
    assert set(kept) == {line.decode().strip()}
    assert last == f"… and {100_000 - len(kept):,} more lines, which are not kept"


def test_a_recording_that_was_not_asked_says_so_and_breaks_nothing(tmp_path: Path) -> None:
    lost = {
        question: recorded.LOST
        for question in recorded.asked()
        if question[:2] in {("query", "ip"), ("query", "nft")}
    }
    rows = command_output.read(recorded.host(tmp_path, lost))
    assert [row.status for row in of(rows, "links")] == [None]
    assert "has no answer to: query ip -details link" in of(rows, "links")[0].text


def test_what_is_recorded_is_said_again(tmp_path: Path) -> None:
    recorder = Recorder(host(**{GATE: "filter\n"}))
    told = command_output.read(recorder)
    for source in firewall.SOURCES:
        recorder.read_files([source.gate] if source.gate else [])
    recorder.save(tmp_path / "host.json")
    assert command_output.read(RecordedHost(tmp_path / "host.json")) == told


def test_the_names_that_are_asked_are_those_of_the_table() -> None:
    there = host()
    (row,) = of(command_output.read(there), "sysctl")
    assert list(row.argv[1:]) == [one.name for one in sysctl.read(there)]


def test_the_record_has_every_word() -> None:
    rows = command_output.read(host())
    kept = json.loads(command_output.dumps(rows))
    assert [
        CommandOutput(r["table"], tuple(r["argv"]), r["status"], r["text"]) for r in kept
    ] == list(rows)


def test_a_command_with_very_many_names_is_told_by_the_first() -> None:
    assert CommandOutput("links", LINK, 0, "").command == "ip -details link"
    assert CommandOutput("sysctl", tuple("sabcdefghi"), 0, "").command == "s a b c d …"
