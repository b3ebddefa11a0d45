"""A root folder in which an undo script runs for real: its files, and none of this machine's."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.unit.programs import Programs

# What only moves files and words about, and so may be itself.
REAL = (
    "cat",
    "chmod",
    "cmp",
    "cp",
    "dirname",
    "flock",
    "grep",
    "head",
    "ln",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "rmdir",
    "stat",
    "tr",
    "date",
)
ACTING = ("arping", "ip", "ip6tables", "iptables", "modprobe", "python3", "sync")
STARTING = (
    "dhclient",
    "dhcpcd",
    "systemctl",
    "systemd-run",
    "timeout",
    "virsh",
    "kill",
    "sysctl",
    "INJECTED",
)
# What `ip` shows is in a file each; a link that it deletes is gone.
IP = """\
case "$*" in
"-o address show"*) cat {root}/shown/addresses ;;
"-4 route show"* | "-6 route show"*) cat {root}/shown/routes ;;
"-oneline link show dev "*) [ -e "{root}/sys/class/net/$5" ] && echo "2: $5: <UP>" ;;
"link delete dev "*) rm -rf -- "{root}/sys/class/net/$4" ;;
esac
exit 0
"""
# The change's own directory stands nearer to the top here.
PLACES = {"/var/lib/runbook": "/runbook"}
ROOTS = re.compile("/var/lib/runbook|/etc/|/proc/|/sys/|/run/|/var/lib/dhcp")


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
    def programs(self) -> Programs:
        """The only ones that it finds."""
        return Programs(self.root / "programs")

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
        self.programs.set_up(real=REAL, stubs=(*ACTING, *STARTING))
        with (self.root / "programs/ip").open("a") as ip:
            ip.write(IP.format(root=self.root))
        self.file("sys/class/net/enp4s0f0/address", "02:00:00:00:01:01\n")
        self.shows("2: enp4s0f0 inet 172.16.1.1/16 brd 172.16.255.255", "default dev enp4s0f0")
        (self.folder / "undo").write_text(self.programs.as_path_of(self.moved(script)))

    def shows(self, addresses: str, routes: str) -> None:
        """What `ip` shows from now on, whatever it is asked for."""
        self.file("shown/addresses", addresses)
        self.file("shown/routes", routes)

    def moved(self, script: str) -> str:
        """The script, with `root` for /."""
        # In one go, so that the /sys/ of /proc/sys/ is not moved a second time.
        return ROOTS.sub(lambda found: f"{self.root}{PLACES.get(found[0], found[0])}", script)

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
        argv = ["/bin/sh", str(self.folder / "undo"), *why]
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(argv, stdout=nowhere, stderr=nowhere)

    def ran(self) -> list[list[str]]:
        """The programs that were run, each with its arguments (and `ip`'s batch as the last)."""
        return self.programs.ran()
