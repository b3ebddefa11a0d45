"""Where parameters are read from and records are written to.

The home is a folder with ``params/`` and ``outputs/`` in it: the environment's
RUNBOOK_HOME, or else the source checkout that the package is installed from.
The working directory plays no part, so a notebook runs from anywhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.common.errors import CorrectParameters

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "RUNBOOK_HOME"


def find(environ: Mapping[str, str], package: Path = Path(__file__).parents[1]) -> Path:
    """Absolute path of the home; `package` is where this package's code lies.

    Raises `CorrectParameters` when there is none.
    """
    named = environ.get(VARIABLE)
    home = Path(named).expanduser().absolute() if named else package.resolve().parents[1]
    if (home / "params").is_dir():
        return home
    which = f"{VARIABLE} is {named!r}" if named else f"{VARIABLE} is not set"
    raise CorrectParameters(
        f"no parameters: {which}, and {home} has no folder params/",
        state="nothing was written to any host",
        then=f"set {VARIABLE} to the checkout of runbook, or install it with `make demo` there",
    )


def params_folder() -> Path:
    """The folder of <host>.yaml files and recordings, by this process's environment."""
    return find(os.environ) / "params"


def outputs_folder() -> Path:
    """The folder of run folders, one folder a host; it may not exist yet."""
    return find(os.environ) / "outputs"
