"""A fleet by workers of Dask: two machines share it, and each part of it may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench
from tests.dask import ONCE, Dask, certified, dask_of
from tests.lab import fleeting
from tests.lab.fleeting import is_bridged

HOSTS = fleeting.names(4)
ALL = (str(bench.NOTEBOOK), "--hosts", "server-*", "--canary", "0", "--batch", "4")
pytestmark = [pytest.mark.timeout(1800), pytest.mark.thorough]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = bench.make_home(tmp_path)
    fleeting.fresh(len(HOSTS))
    fleeting.describe(made, HOSTS)
    return made


@pytest.fixture
def dask(home: Path) -> Iterator[Dask]:
    with dask_of(home) as made:
        yield made


def test_a_worker_in_another_network_takes_half_of_the_hosts(
    home: Path, dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in certified(home.parent / "tls").items():
        monkeypatch.setenv(name, value)
    with fleeting.elsewhere("rb-far") as (place, here):
        address = dask.scheduler(here, ONCE, "tls")
        dask.worker("near", address, threads=2)
        dask.worker("far", address, place, threads=2)
        with fleeting.begun(home, *ALL, "--scheduler", address) as run:
            status, said = run.end()
    assert status == 0, said
    assert all(is_bridged(host) for host in HOSTS)
    own = str(Path("/proc/self/ns/net").readlink())
    far = [host for host in HOSTS if run.places[host] != own]
    assert len(far) == len(HOSTS) // 2, run.places


def test_whoever_is_killed_leaves_no_host_in_between_and_the_run_goes_on(
    home: Path, dask: Dask
) -> None:
    address = dask.scheduler("127.0.0.1", ONCE)
    dask.worker("first", address)
    with fleeting.begun(home, *ALL, "--scheduler", address) as run:
        run.wait_until_armed(HOSTS[0])
        # Whoever comes next must not be given what the first one had.
        dask.kill("first")
        dask.worker("second", address)
        status, said = run.end()
    assert status == 4, said
    assert "who waited for its run is lost" in said
    fleeting.settle(HOSTS)
    assert not any(is_bridged(host) for host in HOSTS)
    resumed = ("--resume", fleeting.run_of(home).name, "--scheduler", address)
    with fleeting.begun(home, *resumed) as run:
        run.wait_until_armed(HOSTS[0])
        dask.kill("scheduler")
        status, said = run.end()
    # A host whose run had ended before its worker was told is as promised.
    assert status in (0, 4), said
    fleeting.settle(HOSTS)
    finished = bench.fleet(home, "--resume", fleeting.run_of(home).name)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert all(is_bridged(host) for host in HOSTS)
