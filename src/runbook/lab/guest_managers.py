"""The disk of Debian guests whose network is not plain ifupdown: all managers on it, one at work.

Which one is told on the kernel's command line, at the first start (guest_managers.sh).
Beside guest_debian, not in it: this disk is twice as large and slow, few want it, and
so it is built only when asked for, and shown to a host at its boot instead of being a part of
every root file system.
"""

from __future__ import annotations

import hashlib
import tempfile
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from runbook.lab import debootstrap, guest_debian, guest_disk, shell
from runbook.lab.names import CACHE

BASE = "managers"
USUAL = "ifupdown"
MANAGERS = (
    USUAL,
    *("systemd-networkd", "netplan", "cloud-init", "cloud-init-ifupdown", "NetworkManager"),
)
# What their packages switch on; the first start switches on what is wanted.
ENABLED = (
    *("NetworkManager", "NetworkManager-wait-online", "NetworkManager-dispatcher"),
    *("systemd-resolved", "systemd-networkd", "cloud-init-hotplugd.socket"),
)
INIT = Path("usr/lib/runbook-lab-init")
Say = Callable[[str], None]


def recipe() -> guest_debian.Recipe:
    """What is on it: a Debian guest's packages, and those of the managers."""
    document = tomllib.loads(files(__package__).joinpath("recipes.toml").read_text())
    more = document["managers"]
    masked = [unit for unit in document["guest"]["masked"] if unit not in more["unmasked"]]
    packages = (*document["guest"]["packages"], *more["packages"])
    return guest_debian.Recipe(document["guest"]["release"], packages, tuple(masked))


def path() -> Path:
    """Where it is kept; its name changes whenever it has to be built anew."""
    text = repr((recipe().digest, Path(__file__).read_bytes(), init()))
    return CACHE / f"{BASE}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def init() -> bytes:
    """Process 1 until systemd takes over."""
    return files(__package__).joinpath("guest_managers.sh").read_bytes()


def build(say: Say) -> None:
    """Build it where it is missing, and remove those of recipes that are no more."""
    if not path().exists():
        say("building the disk of Debian guests with every network manager (a minute, once)")
        _build(path())
    for old in (*CACHE.glob(f"{BASE}-*"), *CACHE.glob(f".{BASE}-*")):
        if old != path():
            # What cannot be removed now is found again the next time.
            shell.quiet("rm", "-rf", "--one-file-system", str(old))


def binds() -> tuple[str, ...]:
    """systemd-nspawn's option that shows it to a host; none where it was not built."""
    place = guest_disk.base(Path("/"), BASE)
    return (f"--bind-ro={path()}:{place}",) if path().exists() else ()


def _build(wanted: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    made = recipe()
    # Half a disk must never be taken for a whole one: it is renamed when done.
    with tempfile.TemporaryDirectory(prefix=f".{BASE}-", dir=CACHE) as place:
        root, image = Path(place) / "root", Path(place) / "disk"
        debootstrap.make(made.release, "essential", made.packages, root)
        # systemd-resolved has made it a link to a file that it writes once it runs.
        (root / "etc/resolv.conf").unlink(missing_ok=True)
        debootstrap.prepare(root, made.masked)
        guest_debian.prepare(root)
        prepare(root)
        debootstrap.make_image(root, image, guest_debian.SIZE)
        image.rename(wanted)


def prepare(root: Path) -> None:
    """No manager is at work yet, and process 1 is the script that will choose one."""
    for unit in ENABLED:
        shell.run("systemctl", f"--root={root}", "--quiet", "disable", unit)
    (root / "etc/cloud/cloud-init.disabled").touch()
    (root / INIT).write_bytes(init())
    (root / INIT).chmod(0o755)
    (root / "sbin/init").unlink()
    (root / "sbin/init").symlink_to(f"/{INIT}")
