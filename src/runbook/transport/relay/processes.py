"""Processes on the host: what the kernel says of them, beside the words that they chose.

A process chooses its command line, and one that cannot be dumped has files in /proc that belong
to root. Who it is stands in its status, what it runs is where `exe` leads.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Any, Dict, List, Tuple

Answer = Tuple[Dict[str, Any], bytes]
Facts = Dict[str, Any]

_NET_ADMIN = 12
# Of the words after the name in /proc/PID/stat.
_STARTED = 19
_NAMESPACES = ("net", "mnt", "user")
_GONE = (errno.ENOENT, errno.ESRCH)
# A number that is given to another process in the middle is looked at again.
_ATTEMPTS = 3
# Anybody may start any number of processes with command lines of any length.
_MOST = 200
_LONGEST = 4096
# Any user can have the kernel show an environment of a terabyte (PR_SET_MM_MAP).
_ENVIRONMENT = 1 << 17
# With 65,536 groups a status has half of it.
_STATUS = 1 << 20


def processes(header: Dict[str, Any], _payload: bytes) -> Answer:
    """The processes that have one of `names` in their command line or in their program's path.

    All that can configure the host's network are told of, and the processes that they work for:
    dhcpcd itself has no privilege, its child has. Of the others anybody may start any number.
    """
    names = [name.encode() for name in header["names"]]
    users = _users()
    running: List[Facts] = []
    for pid in sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        for _ in range(_ATTEMPTS):
            before, facts = _started(pid), _facts(pid, names)
            if before == _started(pid):
                break
        if facts and before:
            running.append(dict(facts, owner=users.get(facts["uids"][1], "")))
    return {"processes": _bounded(running)}, b""


def _bounded(found: List[Facts]) -> List[Facts]:
    """What counts first, and no more than _MOST of the rest."""
    mighty = [facts for facts in found if _configures(facts)]
    first = {number for facts in mighty for number in (facts["pid"], facts["ppid"])}
    rest = [facts for facts in found if facts["pid"] not in first]
    return [facts for facts in found if facts["pid"] in first] + rest[:_MOST]


def _configures(facts: Facts) -> bool:
    """Whether it can configure the host's network, or nobody could say that it cannot.

    Root of a container, and whoever made a user namespace, have every privilege in there.
    """
    privileged = facts["uids"][1] == 0 or facts["net_admin"]
    return privileged and facts["net"] is not False and facts["user"] is not False


def environment(header: Dict[str, Any], _payload: bytes) -> Answer:
    """Whether a process here, and in no container, has `variable` (NAME=VALUE) in its environment.

    Here is where the relay is: its network and its process numbers.
    """
    variable = header["variable"].encode()
    here = _place(os.getpid())
    for entry in os.listdir("/proc"):
        # A process that ends, and one of another user, cannot be read.
        with contextlib.suppress(OSError):
            if not entry.isdigit() or _place(int(entry)) != here:
                continue
            if variable in _read(int(entry), "environ", _ENVIRONMENT).split(b"\0"):
                return {"found": True}, b""
    return {"found": False}, b""


def _place(pid: int) -> Tuple[bytes, bytes]:
    return _link(pid, "ns/net"), _link(pid, "ns/pid")


def _facts(pid: int, names: List[bytes]) -> Facts:
    """What is known of one process; nothing where it has ended, or has none of the names."""
    try:
        cmdline, exe = _read(pid, "cmdline", _LONGEST), _link(pid, "exe")
        if not any(name in cmdline or name in exe for name in names):
            return {}
        status = dict(_pair(line) for line in _read(pid, "status", _STATUS).splitlines())
    except OSError as error:
        if error.errno in _GONE:
            return {}
        raise
    facts = {
        "pid": pid,
        "ppid": int(status[b"PPid"]),
        "cmdline": cmdline.decode("latin-1"),
        "exe": exe.decode("utf-8", "replace"),
        "uids": [int(word) for word in status[b"Uid"].split()],
        "net_admin": bool(int(status[b"CapPrm"], 16) >> _NET_ADMIN & 1),
    }
    facts.update({name: _shared(pid, name) for name in _NAMESPACES})
    return facts


def _pair(line: bytes) -> Tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.strip()


def _shared(pid: int, namespace: str) -> bool | None:
    """Whether it is in the namespace of process 1; None where that cannot be told."""
    own, first = (_link(number, "ns/" + namespace) for number in (pid, 1))
    return own == first if own and first else None


def _started(pid: int) -> bytes:
    """When it started, in clock ticks since the boot; b'' if it is gone."""
    with contextlib.suppress(OSError):
        # The name, in brackets, may hold anything.
        return _read(pid, "stat", _LONGEST).rpartition(b")")[2].split()[_STARTED]
    return b""


def _read(pid: int, name: str, most: int) -> bytes:
    with open("/proc/%d/%s" % (pid, name), "rb") as file:
        return file.read(most)


def _link(pid: int, name: str) -> bytes:
    try:
        return os.readlink(b"/proc/%d/%s" % (pid, name.encode()))
    except OSError:
        return b""


def _users() -> Dict[int, str]:
    """Each user's name; only those of the file, because a directory on the network may hang."""
    users: Dict[int, str] = {}
    with contextlib.suppress(OSError), open("/etc/passwd", "rb") as file:
        for line in file:
            words = line.split(b":")
            if words[2:] and words[2].isdigit():
                users.setdefault(int(words[2]), words[0].decode("utf-8", "replace"))
    return users


OPERATIONS = {"processes": processes, "environment": environment}
