"""Why a connection did not come up, or broke: ssh's and sudo's words, sorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.common.errors import (
    ConnectionLost,
    HostKeyRejected,
    MendAccess,
    PythonMissing,
    SudoRefused,
)
from runbook.transport.bootstrap import OLD_PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable

_UNTOUCHED = "nothing was read or written"
_NOT_FOUND = 127
_SSH_FAILED = 255


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """How the process that carried the connection ended.

    `returncode` is None while it still runs; `stderr` is its last words.
    """

    host: str
    description: str
    returncode: int | None
    stderr: str
    sudo: bool = False

    def says(self, *words: str) -> bool:
        """Whether standard error holds any of these."""
        return any(word in self.stderr for word in words)

    @property
    def last_words(self) -> str:
        """The last lines of standard error, in one line."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        return " / ".join(lines[-3:]) or f"it said nothing; exit status {self.returncode}"


def never_started(ending: ConnectionEnd) -> MendAccess:
    """The error for a relay that did not come up."""
    for matches, make in _CAUSES:
        if matches(ending):
            return make(ending)
    return MendAccess(
        f"the relay did not start over {ending.description}: {ending.last_words}",
        host=ending.host,
        state=_UNTOUCHED,
        then=f"make 'python3 -I -c 1' work over {ending.description}, then start again",
    )


def broken(ending: ConnectionEnd, action: str) -> ConnectionLost:
    """The error for a connection that broke after it had come up."""
    return ConnectionLost(
        f"the connection over {ending.description} is lost: {action}",
        host=ending.host,
        state="what was being done when it broke may or may not have been done;"
        " an armed undo on the host still runs at its deadline",
        then="connect again and read the host's state before anything else",
    )


def _host_key(ending: ConnectionEnd) -> MendAccess:
    changed = ending.says("HAS CHANGED")
    problem = "is not the one known for it" if changed else "is not known here"
    return HostKeyRejected(
        f"the host's SSH key {problem}: {ending.last_words}",
        host=ending.host,
        state=f"{_UNTOUCHED}; no command reached it",
        then="compare the key's fingerprint with the one shown at the host's console"
        " (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); only if it is the same,"
        " record it with ssh-keyscan in known_hosts",
    )


def _denied(ending: ConnectionEnd) -> MendAccess:
    return MendAccess(
        f"the host refused the login over {ending.description}: {ending.last_words}",
        host=ending.host,
        state=f"{_UNTOUCHED}; no command reached it",
        then=f"make '{ending.description}' log in without a password prompt"
        " (a key in the agent or in the ssh configuration)",
    )


def _unreachable(ending: ConnectionEnd) -> MendAccess:
    return ConnectionLost(
        f"no connection over {ending.description}: {ending.last_words}",
        host=ending.host,
        state=f"{_UNTOUCHED}; no command reached it",
        then="check the host's name, that it is up, and that its SSH port answers",
    )


def _python(ending: ConnectionEnd) -> MendAccess:
    return PythonMissing(
        f"the host has no usable python3: {ending.last_words}",
        host=ending.host,
        state=_UNTOUCHED,
        then="install the package python3 on the host (3.7 or newer; nothing else is needed)",
    )


def _sudo(ending: ConnectionEnd) -> MendAccess:
    return SudoRefused(
        f"sudo -n was refused over {ending.description}: {ending.last_words}",
        host=ending.host,
        state=_UNTOUCHED,
        then="let this user run python3 through sudo without a password and without"
        " a terminal (NOPASSWD in sudoers), or log in as root",
    )


_KEY_WORDS = ("Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED")
_NO_PYTHON = (
    OLD_PYTHON,
    "python3: command not found",
    "python3: not found",
    "python3': No such file",
)
# env's words, with the quotes of either locale.
_NO_SUDO = ("'sudo': No such file", "\u2018sudo\u2019: No such file")
_CAUSES: tuple[
    tuple[Callable[[ConnectionEnd], bool], Callable[[ConnectionEnd], MendAccess]], ...
] = (
    (lambda e: e.returncode == _SSH_FAILED and e.says(*_KEY_WORDS), _host_key),
    (
        lambda e: e.returncode == _SSH_FAILED and e.says("Permission denied", "Too many auth"),
        _denied,
    ),
    (lambda e: e.returncode in (_SSH_FAILED, None), _unreachable),
    (lambda e: e.sudo and e.says(*_NO_SUDO), _sudo),
    (lambda e: e.returncode == _NOT_FOUND or e.says(*_NO_PYTHON), _python),
    (lambda e: e.sudo and e.says("sudo:", "sudoers"), _sudo),
)
