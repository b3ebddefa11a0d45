from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC

from runbook.common.errors import ReadFailed
from runbook.state.host.resolved import Resolved, read
from runbook.transport.host import Completed

SAID = f"Global: 9.9.9.9\nLink 2 ({NIC}): 172.16.0.53 fd16::53\nLink 3 ({NIC}1): 10.0.0.1\n"


def asked(active: str, status: int, text: str) -> Resolved:
    def answer(argv: Sequence[str]) -> Completed:
        if argv[0] == "systemctl":
            return Completed(tuple(argv), 0, f"{active}\n".encode(), b"")
        return Completed(tuple(argv), status, text.encode(), b"no bus")

    return read(fakes.FakeHost(answers=[answer]), NIC)


def test_servers_of_the_host_and_of_the_nic_are_told_apart() -> None:
    assert asked("active", 0, SAID) == Resolved(("9.9.9.9",), ("172.16.0.53", "fd16::53"))
    assert asked("active", 0, f"Global:\nLink 2 ({NIC}):\n") == Resolved()


def test_where_it_does_not_run_nobody_is_asked() -> None:
    assert asked("inactive", 1, SAID) == Resolved()


def test_an_answer_that_fails_is_not_taken_for_none() -> None:
    with pytest.raises(ReadFailed, match="no bus"):
        asked("active", 1, "")
