"""Whether a program that nobody watches may change something.

papermill runs a notebook because somebody said so. nbconvert, `jupyter execute` and a site
builder run the same cells to render them, and a filled-in copy looks the same to the cells. So
papermill leaves its process number in the environment, and a kernel looks whether it is its parent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

from IPython.core.getipython import get_ipython

VARIABLE = "RUNBOOK_PAPERMILL"
RENDERED = "nobody can be asked, and papermill did not start this notebook"


def mark_papermill(environ: MutableMapping[str, str], process: int) -> None:
    """Tell the kernels that this process starts that papermill does."""
    environ[VARIABLE] = str(process)


def somebody_there() -> bool:
    """Whether the front end that sent this cell can answer a prompt."""
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))


def can_ask() -> bool:
    """Whether a question reaches somebody: in a notebook that a person runs, or on a terminal."""
    return somebody_there() or getattr(get_ipython(), "kernel", None) is None


def may_write(environ: Mapping[str, str] = os.environ) -> bool:
    """False in a kernel where nobody can answer and which papermill did not start.

    Outside of a kernel a person typed the command.
    """
    return can_ask() or environ.get(VARIABLE) == str(os.getppid())
