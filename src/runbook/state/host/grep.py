"""Search files of a host with its own grep."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader

# A place that the host does not have, and a symbolic link that leads nowhere or back.
_HARMLESS = ("No such file or directory", "recursive directory loop")


def grep(
    host: Reader,
    options: tuple[str, ...],
    pattern: str,
    places: Iterable[str],
    unread: list[str] | None = None,
) -> bytes:
    """What grep finds. What it cannot read is an error, or one more line of `unread`.

    A file that another one leads to may be a user's, who can make it unreadable at will.
    """
    done = host.query(["grep", *options, "-e", pattern, "--", *places])
    complaints = octets.text_of(done.stderr).splitlines()
    if done.returncode <= 1 or (
        complaints and all(line.endswith(_HARMLESS) for line in complaints)
    ):
        return done.stdout
    if unread is None:
        raise ReadFailed(
            f"files that may name the NIC cannot be searched: {complaints[:1] or 'grep failed'}",
            host=host.name,
            state="nothing was written",
            then="run `grep -r NIC /etc` on the host as root, and see what it says",
        )
    unread += complaints or ["grep failed"]
    return done.stdout
