"""Which software runs: this package and its commit, papermill, Python, and the notebook."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from runbook.common.printable import printable
from runbook.records.files import NOTEBOOK, NOTEBOOK_SHA256
from runbook.records.predicate import Versions

# JupyterLab tells its kernels by this the notebook that they are for.
IN_JUPYTERLAB = "JPY_SESSION_NAME"
CHECKOUT = Path(__file__).resolve().parents[3]
GIT_S = 5.0


def versions(environ: Mapping[str, str] = os.environ) -> Versions:
    """What runs; raises nothing."""
    notebook = environ.get(NOTEBOOK) or environ.get(IN_JUPYTERLAB) or ""
    return Versions(
        runbook=_version("runbook") or "not installed",
        commit=commit(CHECKOUT),
        papermill=_version("papermill"),
        python=platform.python_version(),
        notebook=printable(Path(notebook).name)[:200] or None,
        notebook_sha256=environ.get(NOTEBOOK_SHA256),
    )


def _version(package: str) -> str | None:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(package)
    return None


@cache
def commit(checkout: Path) -> str | None:
    """The commit of a checkout, with `+` if files were edited since; None if that is not known."""
    if not (checkout / ".git").exists():
        return None
    head = _git(checkout, "rev-parse", "HEAD")
    edited = _git(checkout, "status", "--porcelain", "--untracked-files=no")
    return head and head + ("+" if edited else "")


def _git(checkout: Path, *arguments: str) -> str | None:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["git", "-C", str(checkout), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_S,
            check=True,
        )
        return done.stdout.strip()
    return None
