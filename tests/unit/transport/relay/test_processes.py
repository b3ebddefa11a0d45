"""What the relay tells of a process: whose it is and what it runs, not only its words."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.hostile import endless

from runbook.transport import libvirt_machine
from runbook.transport.live import LiveHost
from runbook.transport.process import Process
from runbook.transport.relay import processes
from runbook.transport.relay_answers import ProcessFacts, process, process_facts

NAME = "dhclient-of-this-test"
SLEEP = "import time; print(flush=True); time.sleep(60)"
UNDUMPABLE = f"import ctypes; ctypes.CDLL(None).prctl(4, 0); {SLEEP}"


@contextmanager
def running(*words: str, script: str = SLEEP) -> Iterator[int]:
    """A Python that bears these words; its number."""
    argv = [words[0], "-c", script, *words[1:]]
    with subprocess.Popen(argv, executable=sys.executable, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        try:
            yield child.pid
        finally:
            child.kill()


def found(host: LiveHost, pid: int) -> Process:
    (process,) = (p for p in host.processes([NAME]) if p.pid == pid)
    return process


def test_a_process_is_known_by_its_owner_and_its_program(host: LiveHost) -> None:
    with running(f"/home/mallory/{NAME}", "-lf", "/etc/shadow") as pid:
        process = found(host, pid)
        exe = str(Path(f"/proc/{pid}/exe").readlink())
    assert process.cmdline.startswith(f"/home/mallory/{NAME}\0".encode())
    assert process.cmdline.endswith(b"-lf\0/etc/shadow\0")
    assert process.exe == exe
    assert process.uids == (os.getuid(),) * 4
    assert process.ppid == os.getpid()


def test_one_whose_files_in_proc_are_root_s_keeps_its_own_owner(host: LiveHost) -> None:
    with running(NAME, script=UNDUMPABLE) as pid:
        assert found(host, pid).uids == (os.getuid(),) * 4


def test_a_process_is_found_by_its_program_too(host: LiveHost) -> None:
    name = Path(sys.executable).resolve().name
    with running("anything") as pid:
        assert pid in {process.pid for process in host.processes([name])}
        assert pid not in {process.pid for process in host.processes([NAME])}


def test_a_process_that_has_ended_is_not_told_of(host: LiveHost) -> None:
    with running(NAME) as pid:
        assert found(host, pid)
    assert pid not in {process.pid for process in host.processes([NAME])}


def test_command_lines_of_any_length_keep_no_host_from_being_read(host: LiveHost) -> None:
    with running(NAME, *("x" * 100_000,) * 5) as pid:
        assert len(found(host, pid).cmdline) < 10_000


def test_the_first_process_shares_its_own_namespaces_where_they_may_be_seen() -> None:
    told = {namespace: processes._shared(1, namespace) for namespace in ("net", "mnt", "user")}  # noqa: SLF001
    assert set(told.values()) <= {True, None}


def facts(
    pid: int, uid: int, ppid: int = 1, *, net_admin: bool, net: bool, user: bool
) -> processes.Facts:
    return {
        "pid": pid,
        "ppid": ppid,
        "uids": [uid] * 4,
        "net_admin": net_admin,
        "net": net,
        "user": user,
    }


def crowd(uid: int, *, net: bool, user: bool) -> list[processes.Facts]:
    """More than are told of, all with numbers below the host's own client."""
    return [facts(pid, uid, net_admin=True, net=net, user=user) for pid in range(100, 400)]


@pytest.mark.parametrize(
    "others",
    [
        crowd(1000, net=True, user=False),
        crowd(1000, net=False, user=False),
        crowd(0, net=False, user=True),
    ],
    ids=["in a user namespace", "in a network of its own", "root of a container"],
)
def test_no_crowd_of_lookalikes_hides_the_host_s_own_client(others: list[processes.Facts]) -> None:
    own = facts(900, 0, net_admin=True, net=True, user=True)
    dhcpcd = facts(901, 104, net_admin=False, net=True, user=True)
    child = facts(902, 0, ppid=901, net_admin=True, net=True, user=True)
    told = processes._bounded([*others, own, dhcpcd, child])  # noqa: SLF001
    assert [one["pid"] for one in told[:3]] == [900, 901, 902]
    assert len(told) < 250


texts = st.text(max_size=9)
shared = st.none() | st.booleans()


@given(
    st.builds(
        Process,
        *(st.integers(1, 1 << 22), st.binary(max_size=9), texts),
        *(st.tuples(*[st.integers(0, (1 << 32) - 1)] * 4), texts, st.integers(0, 9)),
        *(st.booleans(), shared, shared, shared),
    )
)
def test_a_process_goes_through_a_recording_without_loss(known: Process) -> None:
    assert process(ProcessFacts.model_validate(process_facts(known))) == known


def test_a_variable_is_seen_in_a_process_of_this_machine_alone(host: LiveHost) -> None:
    mark = libvirt_machine.mark()
    session = host._session  # noqa: SLF001 (what the proof is given)
    assert "another machine" in libvirt_machine.elsewhere(session, mark)
    with subprocess.Popen(["env", mark, "sleep", "60"]) as child:
        try:
            assert eventually(lambda: not libvirt_machine.elsewhere(session, mark))
            # A part of the mark is another mark.
            assert libvirt_machine.elsewhere(session, mark[:-1])
        finally:
            child.kill()


def test_no_environment_without_end_keeps_the_relay_from_answering(host: LiveHost) -> None:
    """Whose it is does not matter: any user can have one."""
    mark = libvirt_machine.mark()
    session = host._session  # noqa: SLF001 (what the proof is given)
    with endless(NAME), subprocess.Popen(["env", mark, "sleep", "60"]) as child:
        try:
            assert eventually(lambda: not libvirt_machine.elsewhere(session, mark))
            assert len(host.processes([NAME])) == 1
        finally:
            child.kill()


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold within 10 s."""
    for _ in range(100):
        if holds():
            return True
        time.sleep(0.1)
    return False
