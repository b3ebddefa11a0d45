"""Hosts to break: each test gets one as it was installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import bench
from tests.bench import thorough
from tests.lab import returning
from tests.lab.returning import Before

from runbook.lab import lab as labs
from runbook.lab import machine

HOST = "server-01"
HOSTS = 2


def _say(_text: str) -> None:
    """Progress is for people."""


@pytest.fixture(scope="session", autouse=True)
def lab() -> labs.Lab:
    """A lab of Debian 12 hosts for the whole session; one that stands already is kept."""
    return labs.up(HOSTS, "bookworm", "static", _say)


@pytest.fixture
def fresh_host(lab: labs.Lab) -> str:
    """server-01 as the lab came up, whatever the last test did to it."""
    labs.up(HOSTS, lab.release, lab.addressing, _say)
    labs.renew(HOST)
    return HOST


@pytest.fixture(params=["bookworm", thorough("bullseye"), thorough("trixie")])
def release(request: pytest.FixtureRequest, lab: labs.Lab) -> Iterator[str]:
    """Which Debian server-01 is of, as installed and with a static address."""
    name: str = request.param
    labs.up(1, name, "static", _say)
    labs.renew(HOST)
    yield name
    labs.up(HOSTS, lab.release, lab.addressing, _say)
    labs.renew(HOST)


@pytest.fixture
def console(fresh_host: str) -> Callable[..., str]:
    """Run a command at the host's console; its output, the exit status ignored."""

    def run(*argv: str) -> str:
        done = machine.run(fresh_host, argv)
        return (done.stdout + done.stderr).decode()

    return run


@pytest.fixture(scope="module")
def as_installed(lab: labs.Lab) -> None:
    """server-01 without what the tests of another file left: guests, or their network."""
    labs.up(HOSTS, lab.release, lab.addressing, _say)
    labs.renew(HOST)


@pytest.fixture
def start(
    lab: labs.Lab, as_installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Before:
    """server-01 without a change on it, and a home for the records; how the host is now.

    A host that the last test has put back is as good as a new one.
    """
    assert as_installed is None
    monkeypatch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path)))
    labs.up(HOSTS, lab.release, lab.addressing, _say)
    if returning.is_armed() or returning.is_changed():
        labs.renew(HOST)
    return returning.before()
