"""The lab when it is asked for what it cannot do, or was left in a mess."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from runbook.common.errors import LabError
from runbook.lab import lab as labs
from runbook.lab import machine, nspawn, shell, wiring
from runbook.lab.names import OPERATOR, ROUTER, RUN, SSH_CONFIG
from runbook.lab.probe import OutageProbe

RUNBOOK = str(Path(sys.executable).with_name("runbook"))


def say(_text: str) -> None:
    pass


def test_without_root_it_says_so_in_one_line() -> None:
    # Nobody once all is read in: a checkout of root's is not nobody's to read.
    become_nobody = "os.setgid(65534); os.setuid(65534)"
    program = f"import os; from runbook.cli import main; {become_nobody}; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "lab", "up"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("the lab needs root")
    assert "sudo runbook lab" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_an_unknown_host_is_named_with_those_there_are() -> None:
    with pytest.raises(LabError, match="no host server-99") as caught:
        labs.known("server-99")
    assert "server-01" in caught.value.then


def test_a_command_at_the_console_passes_its_exit_status_on(fresh_host: str) -> None:
    done = subprocess.run(
        [RUNBOOK, "lab", "exec", fresh_host, "--", "sh", "-c", "exit 7"], check=False
    )
    assert done.returncode == 7


def test_a_probe_out_of_bounds_is_refused() -> None:
    with pytest.raises(LabError, match="out of bounds"):
        OutageProbe("172.16.1.1", rate=1_000_000)


def test_a_boot_that_does_not_end_says_what_it_waits_for(
    fresh_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run(fresh_host, ["systemctl", "disable", "ssh"])
    machine.shut_down(fresh_host)
    monkeypatch.setattr(nspawn, "BOOT_S", 8.0)
    with pytest.raises(LabError, match="its SSH port does not answer") as caught:
        machine.power_on(fresh_host)
    console = caught.value.then.split()[1].rstrip(",")
    assert "login:" in Path(console).read_text(errors="replace")


def test_up_after_a_crash_begins_anew(fresh_host: str) -> None:
    leader = machine.leader(fresh_host)
    os.kill(leader, signal.SIGKILL)
    (RUN / "lab.json").unlink()
    made = labs.up(2, "bookworm", "static", say)
    assert all(machine.init(host) for host in made.hosts)
    assert subprocess.run(["ssh", fresh_host, "true"], check=False).returncode == 0


def inhabitants() -> set[int]:
    """Who is in the lab's namespaces: the doors' keepers, DHCP, probers, the hosts' processes."""
    places = wiring.namespaces()
    return {int(pid) for n in places for pid in shell.run("ip", "netns", "pids", n).split()}


def held(inodes: AbstractSet[int]) -> list[int]:
    """The processes that hold one of these network namespaces."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/ns/net"):
        try:
            if entry.stat().st_ino in inodes:
                found.append(int(entry.parts[2]))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("addressing", ["static", "dhcp"])
def test_down_leaves_nothing_behind(lab: labs.Lab, addressing: str) -> None:
    labs.up(1, lab.release, addressing, say)
    was_there = not (RUN / wiring.MADE_HERE).exists()
    inodes = {(wiring.NAMED / name).stat().st_ino for name in wiring.namespaces()}
    probe = OutageProbe("172.16.1.1", rate=10, seconds=60)
    shell.wait_for("the prober", lambda: any("prober.py" in line for line in names()), 10)
    inside = inhabitants()
    assert held(inodes)
    labs.down(say)
    try:
        assert wiring.namespaces() == ()
        assert shell.mounts_below(RUN) == ()
        assert not RUN.exists()
        assert not SSH_CONFIG.exists()
        assert not any(machine.leader(host) for host in lab.hosts)
        assert held(inodes) == []
        assert [pid for pid in inside if shell.alive(pid)] == []
        assert [line for line in names() if str(RUN) in line or "prober.py" in line] == []
        assert wiring.NAMED.exists() == was_there
        with pytest.raises(LabError, match="exit status"):
            probe.result()
    finally:
        labs.up(len(lab.hosts), lab.release, lab.addressing, say)


def names() -> list[str]:
    return [" ".join(words) for words in shell.command_lines().values()]


@pytest.mark.parametrize(
    "lost",
    [
        ROUTER,
        pytest.param(OPERATOR, marks=pytest.mark.thorough),
        pytest.param("the DHCP server", marks=pytest.mark.thorough),
    ],
)
def test_up_mends_a_lab_that_lost_a_part(lab: labs.Lab, lost: str) -> None:
    made = labs.up(1, lab.release, "dhcp", say)
    inside = inhabitants()
    try:
        if lost in wiring.namespaces():
            shell.run("ip", "netns", "delete", lost)
        else:
            shell.kill([int((RUN / wiring.DHCP_PID).read_text())])
        labs.up(1, lab.release, "dhcp", say)
        assert wiring.stands()
        assert all(map(machine.stands, made.hosts))
        assert wiring.serves_dhcp(RUN)
        assert [pid for pid in inside if shell.alive(pid)] == []
        assert subprocess.run(["ssh", made.hosts[0], "true"], check=False).returncode == 0
    finally:
        labs.up(len(lab.hosts), lab.release, lab.addressing, say)
