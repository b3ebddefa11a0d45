"""Command prefixes: what to put before a command so that it runs on the host.

With `ssh`, everything of the operator's own ssh configuration applies (aliases,
jump hosts, agents, keys); only what an unattended connection cannot do without
is fixed on the command line, which wins over any configuration.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from runbook.common.errors import ParameterError
from runbook.params.destination import Destination, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SYSTEM_URI = "qemu:///system"
_NO_MASTER, _NO_SOCKET = "ControlMaster=no", "ControlPath=none"
_SSH_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    # A connection of its own every time: one that the operator's own ssh shares would make
    # the confirmation over a new connection prove nothing.
    _NO_MASTER,
    _NO_SOCKET,
    "ControlPersist=no",
    "ConnectTimeout=10",
    # A login may take half a minute: a slow host, a PAM module that waits for a dead logind. Once
    # the relay speaks, its own heartbeat notices an outage in 10 s (wire.py).
    "ServerAliveInterval=2",
    "ServerAliveCountMax=20",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    # What ssh says when it gives up is how a failure is told from another.
    "LogLevel=INFO",
)
_SUDO = ("sudo", "-n", "--")


@dataclass(frozen=True, slots=True)
class Prefix:
    """How commands reach the host, and what to call that in a sentence.

    `ssh` is the ssh program with its options where there is one, else empty:
    libvirt's own ssh transport is given the same.
    """

    argv: tuple[str, ...]
    description: str
    libvirt_uri: str
    ssh: tuple[str, ...] = ()
    sudo: bool = False

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv` as it is to be started on this machine."""
        # A translated refusal could not be told from another failure.
        elevated = [*(("env", "LC_ALL=C", *_SUDO) if self.sudo else ()), *argv]
        # ssh hands one string to the far side's shell, whatever it is given.
        return [*self.argv, shlex.join(elevated)] if self.ssh else [*self.argv, *elevated]

    def shared(self, socket: Path) -> Prefix:
        """The same, with one connection for both: `ssh` goes through the one that `argv` opens."""
        path = f"ControlPath={socket}"
        opens = {_NO_MASTER: "ControlMaster=yes", _NO_SOCKET: path}
        argv = tuple(opens.get(word, word) for word in self.argv)
        return replace(self.through(socket), argv=argv)

    def through(self, socket: Path) -> Prefix:
        """The same, through the connection that another `ssh` has opened with `shared`."""
        path = f"ControlPath={socket}"
        argv, ssh = (
            tuple(path if word == _NO_SOCKET else word for word in words)
            for words in (self.argv, self.ssh)
        )
        return replace(self, argv=argv, ssh=ssh)


def local() -> Prefix:
    """This machine, as the user who runs the program."""
    return Prefix((), "this machine", SYSTEM_URI)


def sudo() -> Prefix:
    """This machine, as root through `sudo -n`."""
    return Prefix((), "this machine through sudo", SYSTEM_URI, sudo=True)


def ssh(destination: str, *, config: Path | None = None) -> Prefix:
    """`[user@]host` as ssh knows it, optionally through a configuration file."""
    return _ssh(destination, config, sudo=False)


def ssh_sudo(destination: str, *, config: Path | None = None) -> Prefix:
    """Like `ssh`, then root through `sudo -n` on the host.

    libvirt is reached as the user who logs in, who must be in the host's
    `libvirt` group.
    """
    return _ssh(destination, config, sudo=True)


def _ssh(destination: str, config: Path | None, *, sudo: bool) -> Prefix:
    to = parse(destination)
    if to is None:
        raise ParameterError(
            "destination",
            destination,
            "it is not of the form host or user@host",
            "write it as ssh takes it; a port goes into the ssh configuration",
        )
    program = ["ssh", *(("-F", str(config)) if config else ())]
    for option in _SSH_OPTIONS:
        program += ["-o", option]
    description = f"ssh {destination}" + (" with sudo" if sudo else "")
    argv = (*program, "-T", "--", destination)
    return Prefix(argv, description, _uri(to), tuple(program), sudo=sudo)


def _uri(to: Destination) -> str:
    host = quote(to.host, safe=":")
    # An IPv6 address is bare for ssh, and in brackets in a URI.
    host = f"[{host}]" if ":" in host else host
    user = f"{quote(to.user)}@" if to.user else ""
    return f"qemu+ssh://{user}{host}/system"
