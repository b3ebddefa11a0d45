"""A control group for each host, so that no host's systemd meets another's.

systemd-nspawn puts a system into a child of the group that it is started in.
Two hosts started from one group would share that child, and the one would
tidy away the units of the other. Where this machine has a systemd, it makes
the groups; elsewhere this module does.
"""

from __future__ import annotations

import time
from pathlib import Path

from runbook.lab import shell
from runbook.lab.names import folder

PARENT = "runbook-lab"
# Leaving a group takes a dead process a moment.
PATIENCE_S = 5.0


def entry(host: str) -> tuple[str, ...]:
    """Words to put before a command: it starts in fresh groups of the host's own."""
    remove(host)
    made = _groups(host)
    for group in made:
        group.mkdir(parents=True)
    # The shell moves itself, and becomes the command.
    script = 'for group; do shift; [ "$group" = -- ] && exec "$@"; echo $$ >"$group" || exit; done'
    return ("sh", "-c", script, "sh", *(f"{group}/cgroup.procs" for group in made), "--")


def remove(host: str) -> None:
    """The host's groups away, those that its systemd made included."""
    for group in _groups(host):
        _remove(group)


def remove_all() -> None:
    """Every host's groups, and their parent."""
    for parent in _parents():
        _remove(parent)


def _groups(host: str) -> list[Path]:
    return [parent / folder(host).name for parent in _parents()]


def _parents() -> list[Path]:
    """In the unified hierarchy, and in systemd's own where there is one beside it."""
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    wanted = (
        Path(point)
        for _, point, kind, options, *_ in lines
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(","))
    )
    return [point / PARENT for point in dict.fromkeys(wanted)]


def _remove(group: Path) -> None:
    if not group.is_dir():
        return
    inner = sorted(group.rglob("*/"), key=lambda path: len(path.parts), reverse=True)
    for path in (*(p for p in inner if p.is_dir()), group):
        _remove_one(path)


def _remove_one(group: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while group.is_dir():
        try:
            group.rmdir()
        except OSError as error:
            if time.monotonic() > end:
                raise shell.failed(f"removing {group}", str(error)) from error
            time.sleep(0.02)
