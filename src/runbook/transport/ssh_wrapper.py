"""libvirt's ssh transport, made to use the very ssh that reaches the host.

libvirt takes a program to run instead of ssh, but no arguments for it. A small
script in a private folder carries them: the configuration file if one was
given, host key checking, no prompts, and the same time limits.
Where libvirt is reached as the relay is, both share one connection, because a host may let in only
so many new ones. The socket for that is in the same folder.
What libvirt runs on the host gets a mark in its environment, by which the relay sees that it
runs there.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from runbook.common.errors import MendAccess

if TYPE_CHECKING:
    from runbook.transport.prefixes import Prefix

_NAME, _SOCKET = "ssh", "shared"
# 108 bytes of unix(7), without the closing zero byte and the 17 that ssh adds for a moment.
_SOCKET_PATH = 90
_ONE_WORD = re.compile(r"[A-Za-z0-9/._-]+")
# libvirt calls it with: OPTIONS -- HOST COMMAND.
_SCRIPT = """\
#!/bin/sh
next=option
for word do
    shift
    case $next:$word in
    option:--) next=host ;;
    host:*) next=command; set -- "$@" "$word" env; word={mark} ;;
    esac
    set -- "$@" "$word"
done
exec {ssh} "$@"
"""


class SshWrapper:
    """The script, for as long as this object is kept; nothing without ssh."""

    def __init__(self, prefix: Prefix, mark: str, *, share: bool = False) -> None:
        """Write the script if the prefix goes through ssh; `mark` is a NAME=VALUE.

        With `share` the script goes through the connection that `relay_prefix` opens, and so does
        `beside_prefix`. Raises MendAccess where no folder of this machine can hold a script that
        executes.
        """
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.relay_prefix = self.beside_prefix = prefix
        if prefix.ssh:
            self._folder = _folder()
            socket = Path(self._folder.name) / _SOCKET
            if share and _takes(socket):
                self.relay_prefix = prefix.shared(socket)
                self.beside_prefix = prefix.through(socket)
            ssh = shlex.join(self.relay_prefix.ssh)
            script = _SCRIPT.format(mark=shlex.quote(mark), ssh=ssh)
            (Path(self._folder.name) / _NAME).write_text(script)

    def uri(self, uri: str) -> str:
        """`uri`, going through the script where it goes through ssh and names no program."""
        parts = urlsplit(uri)
        named = "command" in dict(parse_qsl(parts.query))
        if self._folder is None or not parts.scheme.endswith("+ssh") or named:
            return uri
        joint = "&" if parts.query else "?"
        return f"{uri}{joint}command={quote(str(Path(self._folder.name) / _NAME))}"

    def close(self) -> None:
        """Remove the script."""
        if self._folder is not None:
            self._folder.cleanup()


def _takes(socket: Path) -> bool:
    """Whether ssh takes the path, with what it adds, as a socket's and as one word."""
    return len(str(socket)) <= _SOCKET_PATH and bool(_ONE_WORD.fullmatch(str(socket)))


def _folder() -> tempfile.TemporaryDirectory[str]:
    """A private folder with an empty script, in the first place where files execute."""
    problems = []
    for place in _places():
        try:
            folder = tempfile.TemporaryDirectory(prefix="runbook-ssh-", dir=place)
        except OSError as error:
            problems.append(f"{place}: {error.strerror}")
            continue
        problem = _problem(Path(folder.name) / _NAME)
        if not problem:
            return folder
        folder.cleanup()
        problems.append(f"{place}: {problem}")
    raise MendAccess(
        f"libvirt needs a small ssh script, and it executes nowhere here: {'; '.join(problems)}",
        host="this machine",
        state="no host was contacted",
        then="name a folder of yours that is on a file system mounted without noexec, for example"
        ' `mkdir -p ~/tmp; export TMPDIR="$HOME/tmp"` (`findmnt -T ~/tmp` shows the mount options),'
        " then start again, JupyterLab too",
    )


def _places() -> Iterator[Path]:
    """Where the script may go, best first."""
    # Python finds none where no folder for temporary files can be written.
    with suppress(FileNotFoundError):
        yield Path(tempfile.gettempdir())
    if named := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(named)
    cache = Path("~/.cache").expanduser()
    if cache.parent.is_dir() and os.access(cache.parent, os.W_OK):
        cache.mkdir(mode=0o700, exist_ok=True)
    yield cache


def _problem(script: Path) -> str:
    """Make the script's file; why it cannot be executed, '' where it can."""
    try:
        script.touch()
        script.chmod(0o700)
        # The kernel looks at the mount's options too, for root as well.
        if os.access(script, os.X_OK):
            return ""
        noexec = os.statvfs(script).f_flag & os.ST_NOEXEC
    except OSError as error:
        return str(error.strerror)
    return "the file system is mounted noexec" if noexec else "files there do not execute"
