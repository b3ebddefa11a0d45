"""Signs a manifest with the operator's SSH key, and checks such a signature. Nobody is asked.

`ssh-keygen` of OpenSSH 8.1 or newer does both. A key with a passphrase has to be in an agent; a key
that wants a touch has to get it within `SIGN_S`.
"""

from __future__ import annotations

import base64
import os
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from runbook.common import handed_files
from runbook.common.printable import printable

NAMESPACE = "runbook-record"
# What is signed in this one is the text of an approval.
APPROVAL = "runbook-approval"
# Beside the hosts' files: a line for each person, as ssh-keygen(1) has it.
ALLOWED_SIGNERS = "allowed_signers"
SIGN_WITH = "RUNBOOK_SIGN_WITH"
SIGN_S, CHECK_S = 20.0, 10.0
LARGEST = 16 << 20


class NotSigned(Exception):
    """The key cannot be used."""


class Trust(StrEnum):
    """What a signature says."""

    GOOD = "signed"
    NOT_SIGNED = "not signed"
    UNKNOWN_SIGNER = "unknown signer"
    BAD = "bad signature"


class Signed(NamedTuple):
    """Whether a manifest is signed, and by whom: the principal in `allowed_signers`."""

    trust: Trust
    by: str
    text: str


def sign(content: bytes, key: str, namespace: str = NAMESPACE) -> str:
    """The signature by a private key's file, or by an agent that has a public key's file.

    Raises NotSigned if that needs a person, takes too long, or does not work.
    """
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(Path(key).expanduser())]
    try:
        done = _run([*command, "-n", namespace], content, SIGN_S)
    except (OSError, ValueError) as error:
        raise NotSigned(f"ssh-keygen could not be run: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise NotSigned(f"{key} gave no signature within {SIGN_S:g} s") from error
    if done.returncode:
        raise NotSigned(f"{key}: {_said(done)}")
    return done.stdout.decode("ascii", "replace")


def check(path: Path, signature: Path, allowed: Path) -> Signed:
    """The signature of a manifest; raises OSError if the manifest cannot be read."""
    if not signature.is_file():
        return Signed(Trust.NOT_SIGNED, "", f"there is no {signature.name}")
    try:
        return _checked(handed_files.read(path, LARGEST), str(signature), str(allowed))
    except subprocess.SubprocessError as error:
        return Signed(Trust.BAD, "", f"it could not be checked: {error}")


def check_approval(approval: bytes, signature: Path, allowed: Path) -> Signed:
    """The signature of the text by which a person approved a plan; raises OSError."""
    handed_files.read(signature, LARGEST)
    handed_files.read(allowed, LARGEST)
    try:
        return _checked(approval, str(signature), str(allowed), APPROVAL)
    except subprocess.SubprocessError as error:
        return Signed(Trust.BAD, "", f"it could not be checked: {error}")


def made_by(signature: str, key: str) -> bool:
    """Whether this key made the signature; False where its public half is not beside it."""
    path = Path(key).expanduser()
    own = {line.split()[1] for line in _public_lines(path) if len(line.split()) > 1}
    return _public_key(signature) in own


def _public_lines(key: Path) -> Iterator[str]:
    for path in (key, Path(f"{key}.pub")):
        with suppress(OSError, ValueError):
            text = handed_files.text(path, LARGEST)
            yield from () if "PRIVATE" in text else text.splitlines()


def _public_key(signature: str) -> str:
    """As a file .pub has it: PROTOCOL.sshsig puts it behind six bytes, a version and its length."""
    lines = signature.strip().splitlines()[1:-1]
    with suppress(ValueError, struct.error):
        content = base64.b64decode("".join(lines))
        (length,) = struct.unpack_from(">I", content, 10)
        return base64.b64encode(content[14 : 14 + length]).decode("ascii")
    return ""


def _checked(content: bytes, signature: str, allowed: str, namespace: str = NAMESPACE) -> Signed:
    with_ = ["-s", signature, "-f", allowed]
    found = _run(["ssh-keygen", "-Y", "find-principals", *with_], b"", CHECK_S)
    names = found.stdout.decode("utf-8", "replace").split()
    if not names:
        return _stranger(content, signature, namespace)
    command = ["ssh-keygen", "-Y", "verify", "-n", namespace, "-I", names[0], *with_]
    done = _run(command, content, CHECK_S)
    by = printable(names[0])
    if done.returncode:
        return Signed(Trust.BAD, by, _said(done))
    return Signed(Trust.GOOD, by, _said(done))


def _stranger(content: bytes, signature: str, namespace: str) -> Signed:
    """Signed by nobody who is allowed: by another key, or not a signature of this at all."""
    command = ["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", signature]
    done = _run(command, content, CHECK_S)
    if done.returncode:
        return Signed(Trust.BAD, "", _said(done))
    return Signed(Trust.UNKNOWN_SIGNER, "", _said(done))


def _run(
    command: list[str], content: bytes, seconds: float, environ: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[bytes]:
    """Without a terminal, and with a program that answers no question."""
    mute = {"SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"}
    return subprocess.run(
        command,
        input=content,
        capture_output=True,
        timeout=seconds,
        check=False,
        start_new_session=True,
        env={**environ, **mute},
    )


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    words = (done.stdout if not done.returncode else done.stderr or done.stdout).decode(
        "utf-8", "replace"
    )
    return printable(" ".join(words.split()))[:300] or f"exit status {done.returncode}"
