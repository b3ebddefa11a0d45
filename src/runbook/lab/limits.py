"""What the kernel allows root at once, where a lab of many hosts needs more of it.

A host's systemd and services hold nine inotify instances between them, all
root's. Where none is left, a systemd that boots stops for good.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
A_HOST, SPARE = 12, 32
Say = Callable[[str], None]


def make_room(hosts: int, say: Say) -> None:
    """See to it that as many more hosts can boot; says so where a limit had to be raised."""
    wanted = in_use() + hosts * A_HOST + SPARE
    if int(INSTANCES.read_text()) >= wanted:
        return
    try:
        INSTANCES.write_text(f"{wanted}\n")
    except OSError as error:
        say(
            f"fs.inotify.max_user_instances should be {wanted}, and cannot be set: {error.strerror}"
        )
        return
    say(f"fs.inotify.max_user_instances is {wanted} until this machine boots again")


def in_use() -> int:
    """The inotify instances of every process on this machine."""
    found = 0
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            found += str(descriptor.readlink()) == "anon_inode:inotify"
        except OSError:
            # It was closed, or its process ended, a moment ago.
            continue
    return found
