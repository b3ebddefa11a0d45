"""What both kinds of host share from power-on to login: the console, and when a host is up."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from runbook.lab import shell
from runbook.lab.names import OPERATOR, address, folder
from runbook.lab.shell import failed

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Run = Callable[[Sequence[str]], subprocess.CompletedProcess[bytes]]


def console(host: str) -> Path:
    """What the host printed on its console."""
    return folder(host) / "console.log"


def clean_environment() -> tuple[str, ...]:
    """Words before a command at the console: nothing of this machine's environment but TERM."""
    term = f"TERM={os.environ.get('TERM', 'dumb')}"
    return ("env", "-i", "--chdir=/", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", term)


def run(command: Sequence[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run the command that leads to a host's console, and wait for it."""
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def wait(host: str, missing: Callable[[], str], seconds: float) -> None:
    """Wait until nothing is missing."""
    end = time.monotonic() + seconds
    while what := missing():
        if time.monotonic() > end:
            why = f"not within {seconds:.0f} s: {what}"
            then = f"read {console(host)}, then runbook lab down, and up again"
            raise failed(f"booting {host}", why, then)
        time.sleep(0.1)


def missing(host: str, at_console: Run) -> str:
    """What keeps the operator from logging in; empty when nothing does."""
    state = at_console(["systemctl", "is-system-running"]).stdout.decode().strip()
    if state not in ("running", "degraded"):
        return f"its systemd says: {state or 'nothing'}"
    # For a second or two the kernel makes sure that nobody else has the IPv6 address.
    if at_console(["ip", "-6", "address", "show", "tentative"]).stdout.strip():
        return "its IPv6 address is still tentative"
    if not _autoconfigured(at_console):
        return "no router has told it of an IPv6 prefix"
    knock = ("nc", "-z", "-w", "1", address(host), "22")
    if not shell.quiet("ip", "netns", "exec", OPERATOR, *knock):
        return "its SSH port does not answer beyond the router"
    return ""


def _autoconfigured(at_console: Run) -> bool:
    """Whether a host that waits for an IPv6 address by SLAAC has it; true for every other."""
    if b"inet6 auto" not in at_console(["cat", "/etc/network/interfaces"]).stdout:
        return True
    return bool(at_console(["ip", "-6", "address", "show", "scope", "global"]).stdout.strip())
