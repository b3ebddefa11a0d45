"""`runbook fleet` on hosts of the lab: a planted fault stops it, and it goes on from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import bench
from tests.lab.test_files import console
from tests.matrix.course import succeed

from runbook.lab import machine

HOSTS = ("server-01", "server-02", "server-03")
FAULTY = HOSTS[1]
VIRSH = "/usr/bin/virsh"
# A libvirt that does not start the network: the undo has to come in the middle of the change.
STARTS_NONE = f"""\
#!/bin/sh
case "$*" in *net-start*) exit 1 ;; esac
exec {VIRSH}.real "$@"
"""
pytestmark = [pytest.mark.timeout(1200), pytest.mark.thorough]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@pytest.fixture
def fleet() -> None:
    bench.lab("up", "--hosts", str(len(HOSTS)))
    bench.lab("router", "--", "ip", "neigh", "flush", "all")
    for host in HOSTS:
        bench.lab("power-cut", host)
        bench.lab("renew", host)


def bridged(host: str) -> bool:
    return machine.run(host, ["test", "-e", "/sys/class/net/virbr1/brif/enp4s0f0"]).returncode == 0


@pytest.mark.usefixtures("fleet")
def test_a_fault_stops_the_fleet_and_a_resumed_run_finishes_it(home: Path) -> None:
    succeed(FAULTY, "mv", VIRSH, f"{VIRSH}.real")
    console(FAULTY, f"cat >{VIRSH}; chmod 755 {VIRSH}", STARTS_NONE.encode())
    stopped = bench.fleet(home, str(bench.NOTEBOOK), "--hosts", "server-*", "--batch", "1")
    assert stopped.returncode == 4, stopped.stdout + stopped.stderr
    assert [bridged(host) for host in HOSTS] == [True, False, False]
    assert f"{FAULTY} (as before)" in stopped.stdout
    (run,) = (home / "outputs" / "_fleet").iterdir()
    assert f"runbook fleet --resume {run.name}" in stopped.stdout
    succeed(FAULTY, "mv", f"{VIRSH}.real", VIRSH)
    finished = bench.fleet(home, "--resume", run.name)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert all(bridged(host) for host in HOSTS)
    records = sorted(
        path.parent.name for path in (home / "outputs").glob("server-*/*/confirmed.json")
    )
    assert len(records) == len(HOSTS)


@pytest.mark.usefixtures("fleet")
def test_a_host_that_is_refused_leaves_all_the_others_untouched(home: Path) -> None:
    succeed(FAULTY, "sh", "-c", "echo 'iface enp4s0f0 inet manual' >>/etc/network/interfaces")
    refused = bench.fleet(home, str(bench.NOTEBOOK), "--hosts", "server-*")
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert not any(bridged(host) for host in HOSTS)
    assert f"preflight refuses {FAULTY}" in refused.stdout
