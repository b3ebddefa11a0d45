from __future__ import annotations

import os
import subprocess

import pytest
from tests.unit import fakes

from runbook.common.errors import ReadFailed
from runbook.state.host import operator_connection
from runbook.state.host.operator_connection import Connection
from runbook.transport.host import Completed

SAID = "10.99.0.2 51234 172.16.1.1 22"
OPERATOR = Connection("10.99.0.2", 51234, "172.16.1.1", 22)


def host(said: str) -> fakes.FakeHost:
    return fakes.FakeHost(answers=[lambda argv: Completed(tuple(argv), 0, said.encode(), b"")])


@pytest.mark.parametrize(
    "said", ["10.99.0.2 51234 172.16.1.1", "a b c d", "10.99.0.2 x 10.0.0.1 22"]
)
def test_an_answer_that_is_no_connection_is_not_taken_for_none(said: str) -> None:
    with pytest.raises(ReadFailed, match="connection"):
        operator_connection.read(host(f"{said}\n"))


def test_whoever_does_not_come_through_sshd_has_none() -> None:
    assert operator_connection.read(host("")) is None


@pytest.mark.parametrize(
    ("said", "family"),
    [(SAID, "inet"), ("fe80::1%eth0 4000 fe80::2%eth0 22", "inet6")],
)
def test_the_nearest_session_is_the_one(said: str, family: str) -> None:
    found = operator_connection.read(host(f"{said}\n192.0.2.1 1 192.0.2.2 22\n"))
    assert found
    assert (found.family, found.server_port) == (family, 22)
    assert found == OPERATOR or found.client == "fe80::1"


def test_it_is_found_above_a_program_that_has_lost_it() -> None:
    # env -i is what sudo does to the environment.
    cleared = ("env", "-i", "PATH=/usr/bin:/bin", *operator_connection.COMMAND)
    inside = f'{" ".join(cleared[:3])} sh -c "$SCRIPT"; true'
    environ = {**os.environ, "SSH_CONNECTION": SAID, "SCRIPT": operator_connection.SCRIPT}
    ran = subprocess.run(
        ["sh", "-c", inside], env=environ, capture_output=True, text=True, check=True
    )
    assert operator_connection.parse(ran.stdout) == OPERATOR
