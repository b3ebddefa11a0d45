"""Two labs side by side: one of them may stop its hosts, never those of the other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bench import thorough

from runbook.common.errors import LabError
from runbook.lab import lab as labs
from runbook.lab import machine, shell
from runbook.lab.names import CACHE

HOST = "server-01"
RUNBOOK = str(Path(sys.executable).with_name("runbook"))
APART = str(Path(__file__).parents[2] / "scripts" / "apart")
# Each line of standard input is a command; its status and its output come back as one line of JSON.
SERVE = """
import json, subprocess, sys
how = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 200}
for line in sys.stdin:
    done = subprocess.run(json.loads(line), **how)
    print(json.dumps([done.returncode, done.stdout + done.stderr]), flush=True)
"""
Ask = Callable[..., str]


@pytest.fixture(scope="module")
def other(lab: labs.Lab) -> Iterator[Ask]:
    """Another lab, which scripts/apart has put into namespaces of its own; runs commands there."""
    server = subprocess.Popen(
        (APART, sys.executable, "-c", SERVE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    requests, answers = server.stdin, server.stdout

    def ask(*argv: str) -> str:
        requests.write(json.dumps(argv) + "\n")
        requests.flush()
        status, output = json.loads(answers.readline())
        assert status == 0, output
        return str(output)

    ask(RUNBOOK, "lab", "up", "--hosts", "1", "--release", lab.release)
    ask(RUNBOOK, "lab", "exec", HOST, "--", "touch", "/root/the-other-lab")
    yield ask
    ask(RUNBOOK, "lab", "down")
    requests.close()
    server.wait(60)


def boot_of(other: Ask) -> str:
    """The other lab's host answers at its console and over ssh; which boot of it that was."""
    boot = ("cat", "/proc/sys/kernel/random/boot_id")
    at_console = other(RUNBOOK, "lab", "exec", HOST, "--", *boot)
    assert other("ssh", "-o", "BatchMode=yes", HOST, *boot) == at_console
    return at_console


def power_cut(_lab: labs.Lab) -> None:
    machine.power_cut(HOST)


def renew(_lab: labs.Lab) -> None:
    labs.renew(HOST)


def down(_lab: labs.Lab) -> None:
    labs.down(print)


def up_anew(lab: labs.Lab) -> None:
    labs.up(1, lab.release, "dhcp", print)


@pytest.mark.parametrize("verb", [power_cut, thorough(renew), down, thorough(up_anew)])
def test_a_host_of_another_lab_is_left_running(
    lab: labs.Lab, other: Ask, verb: Callable[[labs.Lab], None]
) -> None:
    labs.up(1, lab.release, lab.addressing, print)
    before = boot_of(other)
    try:
        verb(lab)
        assert boot_of(other) == before
    finally:
        labs.up(len(lab.hosts), lab.release, lab.addressing, print)


def test_a_file_system_that_another_lab_may_stand_on_stays(lab: labs.Lab, other: Ask) -> None:
    assert boot_of(other)
    old = CACHE / f"{lab.release}-of-another-recipe"
    old.mkdir()
    try:
        labs.up(1, lab.release, lab.addressing, print)
        assert old.exists()
    finally:
        old.rmdir()
        labs.up(len(lab.hosts), lab.release, lab.addressing, print)


def test_a_namespace_of_somebody_else_survives_the_lab(lab: labs.Lab) -> None:
    shell.run("ip", "netns", "add", "rb-mine")
    try:
        labs.down(print)
        assert "rb-mine" in shell.run("ip", "netns", "list")
    finally:
        shell.run("ip", "netns", "delete", "rb-mine")
        labs.up(len(lab.hosts), lab.release, lab.addressing, print)


def test_a_command_at_the_console_never_enters_a_host_of_another_lab(
    fresh_host: str, other: Ask
) -> None:
    assert "the-other-lab" in other(RUNBOOK, "lab", "exec", HOST, "--", "ls", "/root")
    assert b"the-other-lab" not in machine.run(fresh_host, ["ls", "/root"]).stdout
    machine.power_cut(fresh_host)
    with pytest.raises(LabError, match="it has no power"):
        machine.run(fresh_host, ["ls", "/root"])
    machine.power_on(fresh_host)
