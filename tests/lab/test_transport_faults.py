"""Connections and daemons that die or hang under the transport."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook.common.errors import ConnectionLost, HypervisorUnavailable
from runbook.transport import Host, ssh
from runbook.transport.connect import connect

HOST = "server-01"


@pytest.fixture
def host() -> Iterator[Host]:
    live = connect(HOST, prefix=ssh(HOST))
    yield live
    live.close()


def lab(*argv: str) -> str:
    command = [str(Path(sys.executable).with_name("runbook")), "lab", *argv]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.thorough
def test_a_cut_cable_is_a_lost_connection_for_all_who_wait(host: Host) -> None:
    errors: list[BaseException] = []

    def ask(seconds: str) -> None:
        try:
            host.query(["sleep", seconds], timeout=60)
        except ConnectionLost as error:
            errors.append(error)

    callers = [threading.Thread(target=ask, args=(str(50 + n),)) for n in range(2)]
    for caller in callers:
        caller.start()
    time.sleep(0.5)
    lab("cut", HOST)
    began = time.monotonic()
    try:
        for caller in callers:
            caller.join(30)
        assert time.monotonic() - began < 15
        assert len(errors) == 2
        with pytest.raises(ConnectionLost):
            connect(HOST, prefix=ssh(HOST))
    finally:
        lab("mend", HOST)
    again = connect(HOST, prefix=ssh(HOST))
    assert again.query(["true"]).returncode == 0
    again.close()


def test_what_was_running_ends_with_the_connection(host: Host) -> None:
    other = connect(HOST, prefix=ssh(HOST))
    waiting = threading.Thread(target=_until_lost, args=(other,))
    waiting.start()
    assert _appears(host, "sleep 4321")
    other.close()
    waiting.join(10)
    assert not _stays(host, "sleep 4321")


def test_a_hung_libvirtd_is_an_error_within_seconds(host: Host) -> None:
    assert host.libvirt_version() > 1_000_000
    host.execute(["systemctl", "kill", "-s", "STOP", "libvirtd"])
    try:
        began = time.monotonic()
        with pytest.raises(HypervisorUnavailable):
            host.networks()
        assert time.monotonic() - began < 15
    finally:
        host.execute(["systemctl", "kill", "-s", "CONT", "libvirtd"])
    assert host.networks() is not None


def test_a_libvirtd_that_was_restarted_is_reached_again(host: Host) -> None:
    assert host.libvirt_version() > 1_000_000
    host.execute(["systemctl", "restart", "libvirtd"])
    _eventually(host)


def _eventually(host: Host) -> None:
    # The old connection may be noticed to be gone only by the first question.
    try:
        host.networks()
    except HypervisorUnavailable:
        host.networks()


def _until_lost(host: Host) -> None:
    with pytest.raises(ConnectionLost):
        host.query(["sleep", "4321"], timeout=60)


def _running(host: Host, command: str) -> bool:
    return host.query(["pgrep", "-x", "-f", command]).returncode == 0


def _appears(host: Host, command: str) -> bool:
    deadline = time.monotonic() + 5
    while not _running(host, command) and time.monotonic() < deadline:
        time.sleep(0.05)
    return _running(host, command)


def _stays(host: Host, command: str) -> bool:
    deadline = time.monotonic() + 5
    while _running(host, command) and time.monotonic() < deadline:
        time.sleep(0.05)
    return _running(host, command)
