"""`runbook desk`: JupyterLab on this machine alone, on copies of the notebooks.

The sources in notebooks/ stay without outputs. Each start makes fresh copies
below outputs/_desk/, and keeps those that were used before. Jupyter's own
settings, token and runtime files are in a private folder there: what an operator
has in ~/.jupyter is neither read nor changed.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from runbook.common import folders
from runbook.common.clock import SystemClock
from runbook.notebook.desk import opening
from runbook.notebook.desk.sources import notebooks, stamped

# No host can be called so: a host's name begins with a letter or a digit.
FOLDER, LANDING = "_desk", "desk.ipynb"
PROGRAM = "runbook.notebook.jupyter.desk_app"
SETTINGS = Path(__file__).parent / "desk_settings.json"
OVERRIDES = Path("labconfig") / "default_setting_overrides.json"


def start(port: int, *, browser: bool | None) -> None:
    """Become JupyterLab on 127.0.0.1; `browser`: open one, or None where one can be."""
    root = folders.find(os.environ)
    folder = prepare(root, SystemClock().now())
    private = root / "outputs" / FOLDER / ".jupyter"
    settle(private)
    opening.draw(folder / LANDING, private / "data")
    shows = has_display(os.environ) if browser is None else browser
    argv = command(folder.relative_to(root), root, port, shows=shows)
    sys.stdout.flush()
    os.execve(argv[0], argv, environment(os.environ, root, private))  # noqa: S606 - argv, no shell


def prepare(root: Path, now: datetime) -> Path:
    """Copy the notebooks into a folder of their own; returns it."""
    folder = root / "outputs" / FOLDER / f"{now:%Y%m%dT%H%M%SZ}"
    # Two that start in the same second share it: the copies are the same.
    for each in (folder.parent, folder):
        folders.make_private(each, os.environ)
    for source in sorted(notebooks().glob("*.ipynb")):
        if not (folder / source.name).exists():
            (folder / source.name).write_bytes(stamped(source))
    return folder


def settle(private: Path) -> None:
    """Put the settings where JupyterLab looks for them; what was chosen at the desk wins."""
    # Jupyter runs the configuration that it finds there.
    folders.make_private(private, os.environ)
    target = private / "config" / OVERRIDES
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SETTINGS, target)


def command(folder: Path, root: Path, port: int, *, shows: bool) -> list[str]:
    """The program and its options; no secret is among them, since anybody can list processes."""
    options = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={root}",
        # A workspace of its own: the tabs of an earlier start stay closed, and start no kernel.
        f"--LabApp.default_url=/lab/workspaces/{folder.name}/tree/{folder.as_posix()}/{LANDING}",
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
        # The extension manager would ask a registry on the net.
        "--LabApp.extension_manager=readonly",
        "--LanguageServerManager.autodetect=False",
    ]
    root_too = ["--allow-root"] if os.geteuid() == 0 else []
    return [
        sys.executable,
        "-m",
        PROGRAM,
        *options,
        *root_too,
        *([] if shows else ["--no-browser"]),
    ]


def environment(outer: Mapping[str, str], root: Path, private: Path) -> dict[str, str]:
    """The environment for it: this home, and nothing of the operator's own Jupyter."""
    dropped = ("JUPYTER_TOKEN", "JUPYTER_CONFIG_PATH", "JUPYTER_PATH", "JUPYTERLAB_SETTINGS_DIR")
    kept = {name: value for name, value in outer.items() if name not in dropped}
    own = {
        f"JUPYTER_{kind.upper()}_DIR": str(private / kind) for kind in ("config", "data", "runtime")
    }
    return {**kept, **own, "IPYTHONDIR": str(private / "ipython"), folders.VARIABLE: str(root)}


def has_display(outer: Mapping[str, str]) -> bool:
    """Whether a browser has somewhere to open; root's would not run."""
    return os.geteuid() != 0 and bool(outer.get("DISPLAY") or outer.get("WAYLAND_DISPLAY"))
