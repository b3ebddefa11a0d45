"""Processes as the kernel tells of them: the host's own, a user's, a container's."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.fakes import NIC, FakeHost

from runbook.state.dhcp_clients import LISTS
from runbook.transport.process import Process

PACKAGED = frozenset({"/sbin/dhclient", "/sbin/dhclient-script", "/sbin/dhcpcd"})
MALLORY = 1000


def argv(*words: str) -> bytes:
    """A command line as the kernel has it."""
    return b"".join(word.encode() + b"\0" for word in words)


def process(*words: str, pid: int = 7, exe: str = "", ppid: int = 1, net: bool = True) -> Process:
    """Root's, in the host's namespaces; Debian's dhclient or dhcpcd, whichever it is called."""
    runs = exe or ("/usr/sbin/dhcpcd" if words and "dhcpcd" in words[0] else "/usr/sbin/dhclient")
    root = Process(pid, argv(*words), runs, (0,) * 4, "root", ppid, net_admin=True)
    return replace(root, net=net, mnt=True, user=True)


def of_mallory(*words: str, pid: int = 66, exe: str = "/usr/bin/perl", ppid: int = 1) -> Process:
    """A user's, who can give it any words."""
    root = process(*words, pid=pid, exe=exe, ppid=ppid)
    return replace(root, uids=(MALLORY,) * 4, owner="mallory", net_admin=False)


def dhcpcd(nic: str = NIC, pid: int = 105) -> tuple[Process, Process]:
    """Debian 13's client, which has given up root's rights, and the child of it that has them."""
    root = process(f"dhcpcd: {nic} [ip4] [ip6]", pid=pid)
    client = replace(root, uids=(100,) * 4, owner="dhcpcd", net_admin=False)
    words = f"dhcpcd: [privileged proxy] {nic} [ip4] [ip6]"
    return client, process(words, pid=pid + 1, ppid=pid)


def holding(*there: Process) -> FakeHost:
    """A host on which these run, with Debian's packages of both clients."""
    host = FakeHost(running=list(there))
    host.hold(LISTS[0], "".join(f"{path}\n" for path in sorted(PACKAGED)))
    return host
