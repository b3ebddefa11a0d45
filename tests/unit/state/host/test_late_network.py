"""What systemd and ss say of units and sockets that need the network."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit import fakes
from tests.unit.fakes import IP

from runbook.common.errors import ReadFailed
from runbook.state.host.late_network import LateNetwork, read
from runbook.transport.host import Completed

UNITS = "WantedBy=needs-net.service mnt.mount\nRequiredBy=binds.service\n"
SOCKET = f'tcp   LISTEN 0      5      {IP}:8000      0.0.0.0:*    users:(("python3",pid=77,fd=3))\n'


def asked(systemctl: tuple[int, str], ss: tuple[int, str]) -> LateNetwork:
    said = {"systemctl": systemctl, "ss": ss}

    def answer(argv: Sequence[str]) -> Completed:
        status, text = said[argv[0]]
        return Completed(tuple(argv), status, text.encode(), b"what it complains of")

    return read(fakes.FakeHost(answers=[answer]), IP)


def test_units_and_sockets_are_told_by_name() -> None:
    found = asked((0, UNITS), (0, SOCKET))
    assert found.units == ("binds.service", "mnt.mount", "needs-net.service")
    assert found.sockets == (f"python3 (tcp {IP}:8000)",)


def test_none_is_none() -> None:
    assert asked((0, "WantedBy=\nRequiredBy=\n"), (0, "")) == LateNetwork()


@pytest.mark.parametrize("which", ["systemctl", "ss"])
def test_a_program_that_fails_is_not_taken_for_no_answer(which: str) -> None:
    answers = {"systemctl": (0, UNITS), "ss": (0, ""), which: (1, "")}
    with pytest.raises(ReadFailed, match=which):
        asked(answers["systemctl"], answers["ss"])
