"""Where parameters are read from and records are written to.

The home is a folder with ``params/`` and ``outputs/`` in it: the environment's RUNBOOK_HOME; or
else the workspace that `runbook init` made, at the working directory or above it; or else the
source checkout that the package is installed from.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.common.errors import CorrectParameters

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "RUNBOOK_HOME"
# The file by which a workspace is known; it says which version made it.
MARK = ".runbook.json"


def find(
    environ: Mapping[str, str],
    package: Path = Path(__file__).parents[1],
    here: Path | None = None,
) -> Path:
    """Absolute path of the home; `package` is where this package's code lies.

    `here` is the working directory. Raises `CorrectParameters` when there is none.
    """
    named = environ.get(VARIABLE)
    home = Path(named).expanduser().absolute() if named else _unnamed(environ, package, here)
    if (home / "params").is_dir():
        return home
    which = f"{VARIABLE} is {named!r}" if named else f"{VARIABLE} is not set"
    raise CorrectParameters(
        f"no parameters: {which}, and {home} has no folder params/",
        state="nothing was written to any host",
        then="make a folder for your hosts with `runbook init DIR`, and work there;"
        f" or set {VARIABLE} to a folder with params/ in it",
    )


def _unnamed(environ: Mapping[str, str], package: Path, here: Path | None) -> Path:
    """The workspace that the working directory is in, or the checkout."""
    place = (here or Path.cwd()).absolute()
    for each in (place, *place.parents):
        if (each / MARK).is_file():
            _refuse_a_strangers(each, environ)
            return each
    return package.resolve().parents[1]


def _refuse_a_strangers(workspace: Path, environ: Mapping[str, str]) -> None:
    """Whoever may write to /tmp could make one there, and its files say what ssh runs."""
    mine = _mine(environ)
    # /tmp itself is root's, and anybody may put files and folders there.
    parts = (workspace, workspace / MARK, workspace / "params")
    if not {path.lstat().st_uid for path in parts if os.path.lexists(path)} <= mine:
        raise CorrectParameters(
            f"the workspace {workspace} is another account's",
            state="nothing was read from it, and nothing was written to any host",
            then=f"if you trust it: export {VARIABLE}={shlex.quote(str(workspace))}; or else make"
            " one of your own with `runbook init DIR`, and work there",
        )


def _mine(environ: Mapping[str, str]) -> set[int]:
    """The accounts that may do here all that this one may."""
    mine = {os.geteuid(), 0}
    if os.geteuid() == 0 and (caller := environ.get("SUDO_UID", "")).isdecimal():
        mine.add(int(caller))
    return mine


def make_private(path: Path, environ: Mapping[str, str]) -> None:
    """Make a folder that nobody else enters; raises CorrectParameters for another account's.

    It is for files that are run: who may make the folder first would choose them.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.lstat().st_uid not in _mine(environ):
        raise CorrectParameters(
            f"{path} is another account's, or a link, and what is in it would be run",
            state="nothing of it was run, and no host was contacted",
            then=f"see who made it: ls -ld {shlex.quote(str(path))}; then move it away",
        )
    path.chmod(0o700)


def params_folder() -> Path:
    """The folder of <host>.yaml files and recordings, by this process's environment."""
    return find(os.environ) / "params"


def outputs_folder() -> Path:
    """The folder of run folders, one folder a host; it may not exist yet."""
    return find(os.environ) / "outputs"
