"""What an unprivileged user of the host, or a container on it, shows: data, and never a command.

Each test plays the attack: a process that calls itself the host's DHCP client, with a lease file
and a program of its own choosing. The change goes on, and nothing of the attacker's is run,
removed or started.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from tests import bench, stages

from runbook.apply.confirm import Confirmed
from runbook.lab import machine
from runbook.params import Params, resolve
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.session import Session, Underway
from runbook.state import dhcp_clients
from runbook.state.dhcp_clients import Trust
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


# More than a list of lookalikes has, with every privilege in namespaces of their own, and all with
# lower numbers than the host's client, which starts last.
CROWD = f"""
set -e
useradd --uid {MALLORY} --create-home mallory
cat >/tmp/crowd <<'MALLORY'
for _ in $(seq 220); do
    (exec -a dhclient perl -e "sleep 9999" -- {NIC}) </dev/null >/dev/null 2>&1 &
done
wait
MALLORY
chmod 644 /tmp/crowd
sysctl -qw kernel.unprivileged_userns_clone=1 2>/dev/null || :
su mallory -s /bin/bash -c 'unshare --user --map-root-user bash /tmp/crowd' >/dev/null 2>&1 &
unshare --net bash /tmp/crowd >/dev/null 2>&1 &
while [ "$(pgrep -fc '^dhclient.*sleep')" -lt 440 ]; do sleep 0.5; done
lease=/var/lib/dhcp/dhclient.{NIC}.leases
touch "$lease"
# With the options that ifupdown gives, or it would not be started again as it was.
dhclient -v -4 -lf "$lease" -pf /run/dhclient.{NIC}.pid {NIC} </dev/null >/dev/null 2>&1 &
"""
# What an undo is started with by somebody who has little left.
POOR = (
    ("no descriptors", "sh UNDO <&- >&- 2>&-"),
    ("no access by default", "(umask 777; exec sh UNDO)"),
    ("deaf", "(trap '' HUP INT QUIT TERM PIPE ALRM CHLD; exec sh UNDO)"),
    ("nobody listens", "sh UNDO | true"),
    ("a name of its own folder", "(cd FOLDER && exec sh undo)"),
    ("a full output", "sh UNDO >/dev/full 2>&1"),
)
# What runbook leaves where anybody may write, 20 times a second.
# Of the host, not of this machine.
EVERYBODYS = "/tmp /var/tmp /dev/shm /run/lock"  # noqa: S108 - looked at, not used
WATCH = f"""
while :; do
    ls -A {EVERYBODYS}
    sleep 0.05
done >/var/log/seen-names
"""


@pytest.fixture(autouse=True)
def home(fresh_host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    assert fresh_host == HOST
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNBOOK_HOME", str(bench.make_home(tmp_path_factory.mktemp("home"))))
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


def test_no_crowd_of_lookalikes_hides_the_host_s_own_client() -> None:
    played(CROWD)
    session = pipeline.open_session(params())
    there = dhcp_clients.read(session.host)
    assert {client.ifname for client in there if client.trust is Trust.OWN} == {NIC}
    assert len(there) < 300

    # So the plan stops it, and nothing puts the address back on the NIC.
    drawn = stages.draft(session, pipeline.read(session))
    steps = [numbered.step.describe() for numbered in drawn.plan.steps()]
    assert any(step.startswith("kill -KILL") and f" {NIC}" in step for step in steps), steps


@pytest.mark.parametrize(("case", "command"), POOR)
def test_an_undo_puts_the_host_back_whatever_little_it_is_started_with(
    case: str, command: str, console: Callable[..., str]
) -> None:
    session = pipeline.open_session(params())
    before = pipeline.read(session)
    made(session, before)
    folder = console("readlink", "-f", "/var/lib/runbook/armed").strip()
    typed = command.replace("UNDO", f"{folder}/undo").replace("FOLDER", folder)
    machine.run(HOST, ["bash", "-c", typed])
    assert "finished: the host is as it was" in console("cat", f"{folder}/journal"), case
    assert "No such file" in console("ls", "-l", "/var/lib/runbook/armed")
    assert compare(before, pipeline.read(session)).empty


def test_nothing_of_a_change_is_where_another_user_can_read_or_write(
    console: Callable[..., str],
) -> None:
    played("useradd --uid 1000 --create-home mallory")
    console("systemd-run", "-q", "--unit=watch", "bash", "-c", WATCH)
    names = set(console("sh", "-c", f"ls -A {EVERYBODYS}").split())
    session = pipeline.open_session(params())
    before = pipeline.read(session)
    underway = made(session, before)
    tries = "cat /var/lib/runbook/*/* /var/lib/runbook/armed/undo; ls /var/lib/runbook/*/"
    told = machine.run(HOST, ["su", "mallory", "-c", tries])
    assert told.stdout == b""
    assert pipeline.roll_back(session, underway, why="the test says so").differences.empty
    appeared = set(console("cat", "/var/log/seen-names").split()) - names
    assert {name for name in appeared if not name.startswith("systemd-private-")} == set()
