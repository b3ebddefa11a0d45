"""Files of a guest by way of commands, the same through an agent and at a console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runbook.common.errors import StepFailed
from runbook.transport.host import Completed

_ABSENT = 44
_READ = f'[ -e "$1" ] || exit {_ABSENT}; exec cat -- "$1"'
# A link stays one: the file behind it is written. The owner of a file that was there stays.
_WRITE = """\
set -e
umask 077
file=$1
if [ -L "$1" ]; then file=$(readlink -f -- "$1"); fi
new=$file.runbook-new
trap 'rm -f -- "$new"' EXIT
if [ -e "$file" ]; then cp -p -- "$file" "$new"; fi
cat >"$new"
chmod "$2" "$new"
sync
mv -f -- "$new" "$file"
sync
"""


class Run(Protocol):
    """`Channel.run`."""

    def __call__(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0
    ) -> Completed:
        """Run a command to its end."""


def read(run: Run, path: str) -> bytes | None:
    """The content of a file; None where there is none."""
    done = run(("sh", "-c", _READ, "sh", path))
    if done.returncode == _ABSENT:
        return None
    return _checked(done, f"read {path}").stdout


def write(run: Run, path: str, content: bytes, mode: int) -> None:
    """Write atomically: the path holds the old content or the new, never a mixture."""
    argv = ("sh", "-c", _WRITE, "sh", path, f"{mode:o}")
    _checked(run(argv, stdin=content, timeout=60.0), f"write {path}")


def _checked(done: Completed, what: str) -> Completed:
    if done.returncode == 0:
        return done
    raise StepFailed(
        f"the guest could not {what}: {done.complaint}",
        state="this step was not made; the steps before it stand",
        then="undo the change, mend what is named here, then start again",
    )
