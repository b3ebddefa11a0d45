"""A root folder in which an undo script runs for real: its files, and none of this machine's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What only moves files and words about, and so may be itself.
REAL = ("cat", "cp", "dirname", "flock", "mv", "readlink", "rm", "rmdir", "tr", "date")
ACTING = ("arping", "ip", "ip6tables", "iptables", "modprobe", "python3", "sync")
STARTING = ("dhclient", "dhcpcd", "systemctl", "timeout", "virsh", "kill", "sysctl", "INJECTED")
ROOTS = re.compile("/etc/|/proc/|/sys/|/run/|/var/lib/dhcp")
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
# How many words, the words, then what `ip` reads: any of them may hold any character but NUL.
STUB = """\
#!/bin/sh
{ printf '%s\\0' "$#" "${0##*/}" "$@"
  if [ "$*" = '-force -batch -' ]; then cat; fi; printf '\\0'; } \
>>"$LOG"
"""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """`root` stands for / in the script; every program that would act only says that it was run."""

    root: Path
    change_id: str

    @property
    def folder(self) -> Path:
        """The change's own directory."""
        return self.root / "runbook" / self.change_id

    @property
    def armed(self) -> Path:
        """The link that the deadline and the boot look at."""
        return self.root / "runbook/armed"

    @property
    def journal(self) -> str:
        """What the script wrote down."""
        return (self.folder / "journal").read_text()

    def set_up(self, script: str) -> None:
        """The change's directory as arming leaves it, and the programs."""
        for folder in ("originals", "made"):
            (self.folder / folder).mkdir(parents=True)
        for name in ("lock", "undo.lock", "open", "ballast", "journal"):
            (self.folder / name).touch()
        self.armed.symlink_to(self.change_id)
        programs = self.root / "programs"
        programs.mkdir()
        for name in REAL:
            (programs / name).symlink_to(str(shutil.which(name)))
        for name in (*ACTING, *STARTING):
            (programs / name).write_text(STUB.replace("cat;", f"{shutil.which('cat')};"))
            (programs / name).chmod(0o755)
        (self.folder / "undo").write_text(self._moved(script))

    def _moved(self, script: str) -> str:
        assert script.count(PATH) == 1
        # In one go, so that the /sys/ of /proc/sys/ is not moved a second time.
        script = ROOTS.sub(lambda found: f"{self.root}{found[0]}", script)
        return script.replace(PATH, f"PATH={self.root}/programs")

    def file(self, path: str, content: str = "") -> Path:
        """A file of the host, its folders included."""
        made = self.root / path.lstrip("/")
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(content)
        return made

    def undo(self, *why: str) -> int:
        """Run it; its exit status."""
        return self.start(*why).wait(60)

    def start(self, *why: str) -> subprocess.Popen[bytes]:
        """Begin it."""
        environment = {**os.environ, "LOG": str(self.root / "log")}
        argv = ["/bin/sh", str(self.folder / "undo"), *why]
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(argv, env=environment, stdout=nowhere, stderr=nowhere)

    def ran(self) -> list[list[str]]:
        """The programs that were run, each with its arguments (and `ip`'s batch as the last)."""
        log = self.root / "log"
        fields = iter(log.read_text().split("\0")[:-1] if log.exists() else ())
        return [_run(int(count), fields) for count in fields]


def _run(count: int, fields: Iterator[str]) -> list[str]:
    words = [next(fields) for _ in range(count + 1)]
    batch = next(fields)
    return [*words, batch] if batch else words
