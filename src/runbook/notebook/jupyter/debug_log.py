"""The debug log of a kernel: a file, because what a kernel writes becomes part of the record.

Loaded into each kernel by scripts/ipython_kernel_config.py.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from runbook.common import debug_log
from runbook.common.clock import SystemClock
from runbook.common.errors import CorrectParameters
from runbook.common.folders import outputs_folder

# No host can be called so: a host's name begins with a letter or a digit.
FOLDER = "_debug"


def load_ipython_extension(_shell: object) -> None:
    """Log if the environment asks for it; a kernel that cannot log works all the same."""
    if debug_log.is_asked_for(os.environ):
        with suppress(OSError, CorrectParameters):
            start(outputs_folder(), SystemClock().now())


def start(outputs: Path, now: datetime) -> Path:
    """Log to a new file that only its owner can read; returns its path."""
    folder = outputs / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    debug_log.start(os.fdopen(descriptor, "w", encoding="utf-8"), os.environ)
    return path
