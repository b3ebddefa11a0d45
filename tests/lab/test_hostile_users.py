"""What an unprivileged user of the host, or a container on it, shows: data, and never a command.

Each test plays the attack: a process that calls itself the host's DHCP client, with a lease file
and a program of its own choosing. The change goes on, and nothing of the attacker's is run,
removed or started.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from tests import stages

from runbook.apply.confirm import Confirmed
from runbook.lab import machine
from runbook.params import Params, resolve
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.session import Session, Underway
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

HOST, NIC, MALLORY = "server-01", "enp4s0f0", "1000"
WORDS = f"-lf /etc/important/file {NIC}"
# The program prints who ran it; the two processes only bear its name. The second calls
# prctl(PR_SET_DUMPABLE, 0): then its files in /proc belong to root, so their owner proves nothing.
ATTACK = f"""
set -e
mkdir -m 755 /etc/important
umask 077
echo keep >/etc/important/file
useradd --uid {MALLORY} --create-home mallory
cat >/tmp/mallory <<'MALLORY'
mkdir /tmp/.x
printf '#!/bin/sh\\nid >/etc/pwned-by-mallory\\n' >/tmp/.x/dhclient
chmod 755 /tmp/.x/dhclient
for first in '' 'syscall(157, 4, 0);'; do
    (exec -a /tmp/.x/dhclient perl -e "$first sleep 9999" -- {WORDS}) </dev/null >/dev/null 2>&1 &
done
MALLORY
chmod 644 /tmp/mallory
su mallory -s /bin/bash /tmp/mallory
"""
# As in a container: another network namespace, whose NIC has the same name.
CONTAINER = f"""
set -e
lease=/var/lib/dhcp/dhclient.{NIC}.leases
printf 'lease {{\\n  interface "{NIC}";\\n}}\\n' >"$lease"
ip netns add inside
ip netns exec inside ip link add {NIC} type veth peer name far
ip netns exec inside ip link set {NIC} up
ip netns exec inside dhclient -nw -4 -lf "$lease" -pf /run/inside.pid {NIC}
"""
# A folder in which any user may have made files, and an environment that somebody prepared.
ELSEWHERE = """
useradd --uid 1000 --create-home mallory
cd /home/mallory
for module in socket struct sys; do
    echo 'open("/etc/pwned-by-'"$module"'", "w")' >"$module.py"
done
echo 'touch /etc/pwned-by-env' >env
chown mallory: *
export ENV=/home/mallory/env BASH_ENV=/home/mallory/env PYTHONPATH=/home/mallory
ip() { touch /etc/pwned-by-function; }
export -f ip
for shell in sh "bash --posix"; do $shell /var/lib/runbook/armed/undo; done
"""


@pytest.fixture(autouse=True)
def home(fresh_host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    assert fresh_host == HOST
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNBOOK_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def params() -> Params:
    given = {
        "interface": NIC,
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
        "bridge_mac": "nic",
        "consent": ["bpdu"],
    }
    return resolve(given, {"host": HOST})


def played(script: str) -> None:
    done = machine.run(HOST, ["bash", "-c", script])
    assert done.returncode == 0, done.stderr.decode()
    time.sleep(0.5)


def made(session: Session, before: Snapshot) -> Underway:
    drawn = stages.draft(session, before)
    underway = pipeline.arm(session, pipeline.preflight(session, drawn, before))
    for phase in PHASES:
        pipeline.apply(session, underway, phase)
    return underway


def change_and_undo() -> None:
    session = pipeline.open_session(params())
    before = pipeline.read(session)
    underway = made(session, before)
    assert pipeline.roll_back(session, underway, why="the test says so").differences.empty
    assert compare(before, pipeline.read(session)).empty


def test_a_user_s_process_called_dhclient_runs_nothing_as_root_and_removes_nothing(
    console: Callable[..., str],
) -> None:
    played(ATTACK)
    lookalikes = console("pgrep", "-u", MALLORY, "-f", "dhclient").split()
    owners = console("stat", "-c", "%u", *(f"/proc/{pid}/cmdline" for pid in lookalikes)).split()
    assert owners == [MALLORY, "0"], "the second is of mallory too, and does not look like it"

    change_and_undo()
    assert "No such file" in console("ls", "/etc/pwned-by-mallory")
    assert console("cat", "/etc/important/file") == "keep\n"

    assert isinstance(pipeline.change(pipeline.open_session(params())), Confirmed)
    assert console("cat", "/etc/important/file") == "keep\n"
    assert "No such file" in console("ls", "/etc/pwned-by-mallory")
    assert console("find", "/var/lib/runbook", "-name", "*-file") == "", "nor is a copy of it kept"
    assert console("pgrep", "-u", MALLORY, "-f", "dhclient").split() == lookalikes


def test_a_client_in_a_container_stays_and_the_host_gets_none_by_the_undo(
    console: Callable[..., str],
) -> None:
    played(CONTAINER)
    pid = console("cat", "/run/inside.pid").strip()
    lease = console("cat", f"/var/lib/dhcp/dhclient.{NIC}.leases")
    assert pid
    assert lease

    change_and_undo()
    assert console("pgrep", "-x", "dhclient").split() == [pid]
    assert console("cat", f"/var/lib/dhcp/dhclient.{NIC}.leases") == lease


def test_an_undo_that_is_typed_in_a_user_s_folder_runs_nothing_of_that_folder(
    console: Callable[..., str],
) -> None:
    session = pipeline.open_session(params())
    before = pipeline.read(session)
    made(session, before)
    said = machine.run(HOST, ["bash", "-c", ELSEWHERE]).stdout.decode()
    assert "finished: the host is as it was before the change" in said
    assert console("sh", "-c", "ls /etc | grep pwned") == ""
    assert compare(before, pipeline.read(session)).empty
