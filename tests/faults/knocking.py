"""Whether, and when, a host lets the operator in over SSH."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any

LOOK_S = 2.0
# TCP repeats an attempt that met no host only after a second, so others are made meanwhile.
PAUSE_S, AT_ONCE = 0.2, 5


def lets_in(host: str) -> bool:
    """Whether it does now."""
    attempt = _attempt(host)
    try:
        return attempt.wait(LOOK_S) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        kill(attempt)


def until_let_in(host: str, longest_s: float) -> float | None:
    """The moment at which it does, on the monotonic clock; None if it did not in `longest_s`."""
    attempts: list[subprocess.Popen[bytes]] = []
    began, made = time.monotonic(), 0
    try:
        while (waited := time.monotonic() - began) < longest_s:
            if any(attempt.poll() == 0 for attempt in attempts):
                return time.monotonic()
            attempts = [attempt for attempt in attempts if attempt.poll() is None]
            if waited >= made * PAUSE_S and len(attempts) < AT_ONCE:
                attempts.append(_attempt(host))
                made = int(waited / PAUSE_S) + 1
            time.sleep(0.02)
    finally:
        for attempt in attempts:
            kill(attempt)
    return None


def kill(program: subprocess.Popen[Any]) -> None:
    """The program and all that it started, if it has not ended."""
    if program.poll() is None:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def _attempt(host: str) -> subprocess.Popen[bytes]:
    options = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=2")
    return subprocess.Popen(
        ("ssh", *options, host, "true"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
