"""What no reader may do: take half an answer for a small one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.fakes import NOON
from tests.unit.state.recorded import EXAMPLE, LOST, host

from runbook.common.errors import ReadFailed
from runbook.state import addresses, bridge_ports, links, neighbours, routes, rules, sysctl
from runbook.state.snapshot import take
from runbook.state.table import Table
from runbook.transport import RecordedHost, Recorder, Recording
from runbook.transport.questions import to_bytes
from runbook.transport.recording import Question, pack

ANSWERS = Recording.load(EXAMPLE).answers
KERNEL = (links, bridge_ports, addresses, routes, rules, neighbours)
REFUSED = bytes([20, 0, 0, 0, 2, 0, 0, 0, *bytes(8), 255, 255, 255, 255])


def dumps(broken: bytes | None) -> dict[Question, Any]:
    """Every dump of the kernel's, cut short or replaced."""
    questions = (question for question in ANSWERS if question[0] == "dump")
    cut = {q: to_bytes(ANSWERS[q])[:-25] if broken is None else broken for q in questions}
    return {question: pack(raw) for question, raw in cut.items()}


@pytest.mark.parametrize("broken", [None, REFUSED, b"\0" * 16, b"\x07"])
@pytest.mark.parametrize("reader", KERNEL, ids=lambda module: module.TABLE.name)
def test_a_dump_that_is_not_whole(tmp_path: Path, reader: Any, broken: bytes | None) -> None:  # noqa: ANN401 - a module
    table: Table[Any] = reader.TABLE
    with pytest.raises(ReadFailed, match="makes no sense") as failed:
        table.read(host(tmp_path, dumps(broken)))
    assert table.name.replace("_", " ") in failed.value.what
    assert failed.value.host == "server-01"
    assert "reading changes nothing" in failed.value.state


def test_a_parameter_that_is_no_text(tmp_path: Path) -> None:
    path = "/proc/sys/net/ipv4/ip_forward"
    answer = {"content": pack(b"\xff\xfe"), "mode": "0644", "uid": 0, "gid": 0}
    with pytest.raises(ReadFailed, match="sysctl makes no sense"):
        sysctl.read(host(tmp_path, {("file", path): answer}))


def asked() -> list[Question]:
    """All that a snapshot asks for, but for the many files.

    And but for the processes: a recording of an older program holds their command lines instead.
    """
    recorder = Recorder(RecordedHost(EXAMPLE))
    take(recorder, NOON)
    return sorted(q for q in recorder.recording().answers if q[0] not in ("file", "processes"))


@pytest.mark.parametrize("question", asked(), ids=" ".join)
def test_a_snapshot_without_one_of_its_parts(tmp_path: Path, question: Question) -> None:
    with pytest.raises(ReadFailed, match="no answer to"):
        take(host(tmp_path, {question: LOST}), NOON)
