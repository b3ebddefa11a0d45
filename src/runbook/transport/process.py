"""A process on the host: the command line that it chose, and what the kernel says of it."""

from __future__ import annotations

from dataclasses import dataclass

ROOT = 0


@dataclass(frozen=True, slots=True)
class Process:
    """`exe` is where its program lies, `uids` are real, effective, saved and of the file system.

    `owner` is the name of the effective user, `net_admin` whether it has CAP_NET_ADMIN. `net`,
    `mnt` and `user` say whether it is in these namespaces of process 1, None where that was not
    asked. Without `uids` only the command line is known.
    """

    pid: int
    cmdline: bytes
    exe: str = ""
    uids: tuple[int, ...] = ()
    owner: str = ""
    ppid: int = 0
    net_admin: bool = False
    net: bool | None = None
    mnt: bool | None = None
    user: bool | None = None

    @property
    def is_roots(self) -> bool:
        """Whether nobody but root started it, or can have it do something else."""
        return bool(self.uids) and set(self.uids) == {ROOT} and self.user is True

    @property
    def configures(self) -> bool:
        """Whether the kernel lets it configure the host's network."""
        return self.net is True and self.user is True and self.net_admin
