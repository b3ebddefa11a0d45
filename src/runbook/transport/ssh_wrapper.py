"""libvirt's ssh transport, made to use the very ssh that reaches the host.

libvirt takes a program to run instead of ssh, but no arguments for it. A small
script in a private folder carries them: the configuration file if one was
given, host key checking, no prompts, and the same time limits.
"""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

if TYPE_CHECKING:
    from runbook.transport.prefixes import Prefix


class SshWrapper:
    """The script, for as long as this object is kept; nothing without ssh."""

    def __init__(self, prefix: Prefix) -> None:
        """Write the script if the prefix goes through ssh."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if prefix.ssh:
            self._folder = tempfile.TemporaryDirectory(prefix="runbook-ssh-")
            self._script = Path(self._folder.name) / "ssh"
            self._script.write_text(f'#!/bin/sh\nexec {shlex.join(prefix.ssh)} "$@"\n')
            self._script.chmod(0o700)

    def uri(self, uri: str) -> str:
        """`uri`, going through the script where it goes through ssh and names no program."""
        parts = urlsplit(uri)
        named = "command" in dict(parse_qsl(parts.query))
        if self._folder is None or not parts.scheme.endswith("+ssh") or named:
            return uri
        joint = "&" if parts.query else "?"
        return f"{uri}{joint}command={quote(str(self._script))}"

    def close(self) -> None:
        """Remove the script."""
        if self._folder is not None:
            self._folder.cleanup()
