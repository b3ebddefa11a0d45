"""Who runs this program, as a person. `root` alone is nobody, where everybody uses sudo."""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import pwd
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from runbook.common import handed_files
from runbook.common.printable import printable
from runbook.records.predicate import Operator

LOGIN = Path("/proc/self/loginuid")
# sshd's file, with one line for each method by which the person proved who they are.
AUTHENTICATION = "SSH_USER_AUTH"
# The number of a process that nobody logged in for.
NOBODY = 2**32 - 1
LARGEST = 64 << 10


def operator(environ: Mapping[str, str] = os.environ, login: Path = LOGIN) -> Operator:
    """The person at this machine; raises nothing."""
    # Bytes that are no text would end the run, and an undo with it.
    account = printable(_account())[:100]
    person, known_by = _person(environ, login, account)
    return Operator(
        person=printable(person)[:100],
        known_by=known_by,
        account=account,
        machine=printable(socket.gethostname()),
        ssh_fingerprint=_fingerprint(environ.get(AUTHENTICATION, "")),
    )


def _person(
    environ: Mapping[str, str], login: Path, account: str
) -> tuple[str, Literal["sudo", "login", "account"]]:
    # Only root's environment can have it from sudo; another account may set it to anything.
    if os.geteuid() == 0 and (caller := environ.get("SUDO_USER", "")):
        return caller, "sudo"
    first = _first_login(login)
    return (first, "login") if first else (account, "account")


def _first_login(login: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        number = int(login.read_text("ascii"))
        if number != NOBODY:
            return pwd.getpwuid(number).pw_name
    return ""


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.geteuid())


def _fingerprint(path: str) -> str | None:
    """Of the key in sshd's file, as `ssh-keygen -l` prints it; None if there is none."""
    with suppress(OSError, ValueError):
        for line in handed_files.text(Path(path), LARGEST).splitlines() if path else ():
            method, *rest = line.split()
            if method == "publickey" and len(rest) > 1:
                digest = hashlib.sha256(base64.b64decode(rest[1], validate=True)).digest()
                return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
    return None
