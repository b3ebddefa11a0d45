"""24 hosts of two releases: a fault at the seventh stops the fleet, and no ping is ever lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests import bench
from tests.lab import fleeting
from tests.lab.fleeting import is_bridged
from tests.lab.test_fleet import mend, plant

from runbook.lab import machine
from runbook.lab.probe import OutageProbe

HOSTS = fleeting.names(24)
# Every fourth host has Debian 13, the others have Debian 12.
TRIXIE = HOSTS[3::4]
SEVENTH = HOSTS[6]
RATE, SECONDS = 10, 60.0
log = logging.getLogger(__name__)
pytestmark = [pytest.mark.timeout(2400), pytest.mark.thorough]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = bench.make_home(tmp_path)
    fleeting.fresh(len(HOSTS))
    for host in TRIXIE:
        bench.lab("power-cut", host)
        bench.lab("renew", host, "--release", "trixie")
    fleeting.describe(made, HOSTS)
    return made


@dataclass
class Pings:
    """Pings of one host, without a pause for as long as the fleet run takes."""

    host: str
    over: threading.Event
    sent: int = 0
    lost: int = 0
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.ping, daemon=True)
        self.thread.start()

    def ping(self) -> None:
        address = f"172.16.1.{int(self.host.rpartition('-')[2])}"
        while not self.over.is_set():
            found = OutageProbe(address, rate=RATE, seconds=SECONDS).result()
            self.sent, self.lost = self.sent + found.sent, self.lost + found.lost


@contextmanager
def pinged(hosts: tuple[str, ...]) -> Iterator[tuple[Pings, ...]]:
    over = threading.Event()
    made = tuple(Pings(host, over) for host in hosts)
    try:
        yield made
    finally:
        over.set()
        for each in made:
            each.thread.join(SECONDS + 30)


def summed(pings: tuple[Pings, ...]) -> tuple[int, int]:
    return sum(each.sent for each in pings), sum(each.lost for each in pings)


def release_of(host: str) -> str:
    return machine.run(host, ["cut", "-d.", "-f1", "/etc/debian_version"]).stdout.decode().strip()


def test_a_fleet_stops_at_its_fault_and_ends_as_promised_without_a_lost_ping(home: Path) -> None:
    assert {release_of(host) for host in HOSTS} == {"12", "13"}
    plant(SEVENTH)
    began = time.monotonic()
    with pinged(HOSTS) as pings:
        stopped = bench.fleet(home, str(bench.NOTEBOOK), "--hosts", "server-*", "--batch", "3")
        assert stopped.returncode == 4, stopped.stdout + stopped.stderr
        assert f"{SEVENTH} (as before)" in stopped.stdout
        # A canary, then batches of three: the seventh ends the third batch.
        assert [is_bridged(host) for host in HOSTS] == [host < SEVENTH for host in HOSTS]
        mend(SEVENTH)
        run = fleeting.run_of(home).name
        finished = bench.fleet(home, "--resume", run)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert all(is_bridged(host) for host in HOSTS)
    took = time.monotonic() - began
    log.info("24 hosts in %.0f s; %d pings, %d lost", took, *summed(pings))
    assert [(each.host, each.lost) for each in pings if each.lost] == []
    assert all(each.sent > RATE * SECONDS for each in pings)
