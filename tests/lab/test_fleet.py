"""`runbook fleet` on hosts of the lab: a planted fault stops it, and it goes on from there."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest
from tests import bench
from tests.lab import fleeting
from tests.lab.fleeting import is_bridged
from tests.lab.test_files import console
from tests.matrix.course import succeed

HOSTS = fleeting.names(3)
FAULTY = HOSTS[1]
VIRSH = "/usr/bin/virsh"
# A libvirt that does not start the network: the undo has to come in the middle of the change.
STARTS_NONE = f"""\
#!/bin/sh
case "$*" in *net-start*) exit 1 ;; esac
exec {VIRSH}.real "$@"
"""
AUDIT = str(bench.ROOT / "notebooks" / "audit.ipynb")
ALL = ("--hosts", "server-*")
pytestmark = [pytest.mark.timeout(1200), pytest.mark.thorough]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@pytest.fixture
def fleet() -> None:
    fleeting.fresh(len(HOSTS))


def plant(host: str) -> None:
    succeed(host, "mv", VIRSH, f"{VIRSH}.real")
    console(host, f"cat >{VIRSH}; chmod 755 {VIRSH}", STARTS_NONE.encode())


def mend(host: str) -> None:
    succeed(host, "mv", f"{VIRSH}.real", VIRSH)


@pytest.mark.usefixtures("fleet")
def test_a_fault_stops_the_fleet_and_a_resumed_run_finishes_it(home: Path) -> None:
    plant(FAULTY)
    words = (str(bench.NOTEBOOK), *ALL, "--batch", "1", "--pause", "1")
    stopped = bench.fleet(home, *words)
    assert stopped.returncode == 4, stopped.stdout + stopped.stderr
    assert [is_bridged(host) for host in HOSTS] == [True, False, False]
    assert f"{FAULTY} (as before)" in stopped.stdout
    assert "server-01: audit: as promised" in stopped.stdout
    run = fleeting.run_of(home)
    assert f"runbook fleet --resume {run.name}" in stopped.stdout
    page = (run / "index.html").read_text()
    assert "1 of 3 hosts are done, 1 failed" in page
    assert f'href="../../{FAULTY}/' in page
    mend(FAULTY)
    finished = bench.fleet(home, "--resume", run.name)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert all(is_bridged(host) for host in HOSTS)
    records = sorted(
        path.parent.name for path in (home / "outputs").glob("server-*/*/confirmed.json")
    )
    assert len(records) == len(HOSTS)
    see_that_audits_tell_hosts_that_changed_since(home)


def see_that_audits_tell_hosts_that_changed_since(home: Path) -> None:
    audited = bench.fleet(home, AUDIT, *ALL)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    # It is lost at the next boot of that host.
    succeed(FAULTY, "virsh", "net-autostart", "routed", "--disable")
    audited = bench.fleet(home, AUDIT, *ALL, "--max-failures", "9")
    assert audited.returncode == 7, audited.stdout + audited.stderr
    assert f"{FAULTY} (not as recorded)" in audited.stdout
    assert "2 of 3 hosts are as promised" in audited.stdout


@pytest.mark.usefixtures("fleet")
def test_a_host_that_is_refused_leaves_all_the_others_untouched(home: Path) -> None:
    # A line that somebody lost: ifupdown would stop at it, and the next boot be without a network.
    succeed(FAULTY, "sed", "-i", "1i address 10.0.0.1/24", "/etc/network/interfaces")
    refused = bench.fleet(home, str(bench.NOTEBOOK), *ALL)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert not any(is_bridged(host) for host in HOSTS)
    assert f"preflight refuses {FAULTY}" in refused.stdout
    assert "ifupdown stops reading at line 1" in refused.stdout


@pytest.mark.usefixtures("fleet")
def test_ctrl_c_twice_undoes_and_says_what_is_armed_and_a_killed_run_goes_on(home: Path) -> None:
    words = (str(bench.NOTEBOOK), *ALL, "--canary", "0", "--batch", "3")
    with fleeting.begun(home, *words) as run:
        run.wait_until_armed(HOSTS[0])
        run.process.send_signal(signal.SIGINT)
        # Two signals at the same moment would be one.
        time.sleep(1)
        run.process.send_signal(signal.SIGINT)
        status, said = run.end()
    assert status in (0, 4, 8), said
    assert "Each of them is asked now what is armed on it" in said
    # How far its undo is by then, nobody knows before.
    assert re.search(
        rf"^{HOSTS[0]}: (armed; it|nothing is armed|not known, it does)", said, re.MULTILINE
    )
    fleeting.settle(HOSTS)
    with fleeting.begun(home, "--resume", fleeting.run_of(home).name) as run:
        run.wait_until_armed(HOSTS[2])
        run.process.kill()
        run.process.wait()
        # Its papermills undo at once; the hosts' own timers would take five minutes.
        fleeting.settle(HOSTS, within_s=120)
    finished = bench.fleet(home, "--resume", fleeting.run_of(home).name)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert all(is_bridged(host) for host in HOSTS)
