"""The disk that every Debian guest starts from: made once, cached, the same on any host."""

from __future__ import annotations

import hashlib
import re
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from runbook.lab import debootstrap, guest_disk
from runbook.lab.names import CACHE, GUEST_USER

PREFIX = "guest"
SIZE = "512M"
SYSTEM = Path("etc/systemd/system")
PACKAGED = Path("lib/systemd/system")
# Debian's own units but for the device that they wait for: only udev would announce it.
UNBOUND = {
    "serial-getty@ttyS0.service": "serial-getty@.service",
    "qemu-guest-agent.service": "qemu-guest-agent.service",
}
WAITS = ("BindsTo", "After")
# A read of less than a whole event (struct input_event) is refused. The name is guest_init.sh's.
BUTTON = """\
[Unit]
Description=The power button, heard without a login manager

[Service]
ExecStart=/bin/sh -c 'dd if=/dev/input/power-button bs=24 count=1 && systemctl poweroff'
StandardOutput=null
"""
STARTED = ("qemu-guest-agent.service", "power-button.service")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is on the disk."""

    release: str
    packages: tuple[str, ...]
    masked: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Changes whenever the disk has to be built anew."""
        code = [Path(module).read_bytes() for module in (__file__, debootstrap.__file__)]
        return hashlib.sha256(repr((self, code, guest_disk.HASH)).encode()).hexdigest()[:16]

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return CACHE / f"{PREFIX}-{self.digest}"


def recipe() -> Recipe:
    """The recipe of the disk."""
    document = tomllib.loads(files(__package__).joinpath("recipes.toml").read_text())["guest"]
    return Recipe(document["release"], tuple(document["packages"]), tuple(document["masked"]))


def disk(say: Say) -> Path:
    """The disk, built if it is not there."""
    wanted = recipe()
    if not wanted.path.exists():
        say(f"building the disk of Debian guests ({wanted.release}, half a minute, once)")
        _build(wanted)
    return wanted.path


def _build(recipe_wanted: Recipe) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    # Half a disk must never be taken for a whole one: it is renamed when done.
    with tempfile.TemporaryDirectory(prefix=f".{PREFIX}-", dir=CACHE) as place:
        root, image = Path(place) / "root", Path(place) / "disk"
        debootstrap.make(recipe_wanted.release, "essential", recipe_wanted.packages, root)
        debootstrap.prepare(root, recipe_wanted.masked)
        prepare(root)
        debootstrap.make_image(root, image, SIZE)
        image.rename(recipe_wanted.path)


def prepare(root: Path) -> None:
    """A password, a console, an agent and a power button; nothing that a first boot has to make."""
    shadow = root / "etc/shadow"
    shadow.write_text(with_password(shadow.read_text()))
    for name, packaged in UNBOUND.items():
        (root / SYSTEM / name).write_text(unbound((root / PACKAGED / packaged).read_text()))
    (root / SYSTEM / "power-button.service").write_text(BUTTON)
    wants = root / SYSTEM / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    for name in STARTED:
        (wants / name).symlink_to(f"../{name}")
    # Whose name it has is written at its first start; what is newer than /usr needs no update.
    (root / "etc/hostname").write_text("")
    for name in ("etc/.updated", "var/.updated"):
        (root / name).touch()


def with_password(shadow: str) -> str:
    """The text of /etc/shadow with the password of GUEST_USER set."""
    return re.sub(f"(?m)^{GUEST_USER}:[^:]*", f"{GUEST_USER}:{guest_disk.HASH}", shadow)


def unbound(unit: str) -> str:
    """The unit without what has it wait for a device."""
    return "\n".join(filter(None, map(_without_devices, unit.splitlines()))) + "\n"


def _without_devices(line: str) -> str:
    key, sign, value = line.partition("=")
    if key not in WAITS:
        return line
    left = [word for word in value.split() if not word.startswith("dev-")]
    return f"{key}{sign}{' '.join(left)}" if left else ""
