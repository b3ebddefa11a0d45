"""`ssh server-01` from this machine: who gets to the lab's hosts, and who does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from runbook.lab import access, machine, shell
from runbook.lab import lab as labs
from runbook.lab.names import host_name

NOBODY, DAEMON = 65534, 1
HOST = host_name(1)


def say(_text: str) -> None:
    pass


@pytest.fixture
def called_by_nobody(lab: labs.Lab) -> Iterator[None]:
    """A lab as `sudo runbook lab up` makes it for the user nobody."""
    labs.down(say)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUDO_UID", str(NOBODY))
        patch.setenv("SUDO_GID", str(NOBODY))
        labs.up(1, lab.release, lab.addressing, say)
    yield
    labs.up(len(lab.hosts), lab.release, lab.addressing, say)


def ssh_as(user: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", HOST, "hostname"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=user,
        group=user,
        extra_groups=[],
    )


def test_an_ssh_that_would_not_go_to_the_lab_is_said_so_at_once(lab: labs.Lab) -> None:
    # An ssh_config that includes nothing, for this one process.
    script = 'mount --bind /dev/null /etc/ssh/ssh_config && exec "$@"'
    program = f"from runbook.lab import access; access.write(['{HOST}'])"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )
    # Here every host's entry is wanted again.
    access.write(lab.hosts)
    assert done.returncode != 0
    assert f"ssh {HOST}: ssh would not go to the lab" in done.stderr
    assert "Include /etc/ssh/ssh_config.d/*.conf" in done.stderr


@pytest.mark.usefixtures("called_by_nobody")
def test_whoever_called_sudo_gets_in_without_it_and_nobody_else_does() -> None:
    assert ssh_as(DAEMON).returncode == 255
    done = ssh_as(NOBODY)
    assert done.stdout.strip() == HOST, done.stderr
    assert ssh_as(os.getuid()).stdout.strip() == HOST


def test_a_door_whose_keeper_died_is_opened_again(lab: labs.Lab) -> None:
    keeper = f"--listen={access.KEY.parent}/172.16.1.1"
    found = [pid for pid, words in shell.command_lines().items() if keeper in words]
    assert found
    shell.kill(found)
    assert ssh_as(os.getuid()).returncode == 255
    made = machine.leader(HOST)
    labs.up(len(lab.hosts), lab.release, lab.addressing, say)
    assert ssh_as(os.getuid()).stdout.strip() == HOST
    # The lab itself was left as it was.
    assert machine.leader(HOST) == made
