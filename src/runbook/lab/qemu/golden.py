"""A snapshot of a host that has booted, so that the next one like it is up in seconds.

In the image's folder, for each host and each way to ask for it: the host's SSH key, its disk and
the state of the machine. A new disk is an overlay over that disk.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from runbook.lab import debootstrap, hardware, host_files, shell
from runbook.lab.hardware import Hardware
from runbook.lab.names import nic, nic_mac
from runbook.lab.qemu import command
from runbook.lab.qemu.command import Disk

# Sparse: it takes the space of what is written.
SIZE = "4G"
LINK = """\
[Match]
MACAddress={mac}

[Link]
Name={name}
"""


class Golden(BaseModel):
    """Which snapshot: of what image, of which host, with which network and NICs."""

    model_config = ConfigDict(frozen=True)

    host: str
    image: Path
    interfaces: str
    hardware: Hardware

    @cached_property
    def path(self) -> Path:
        """Where it is kept. Another QEMU, or other devices, could not go on from it."""
        version = shell.run(command.PROGRAM, "--version")
        modules = (__file__, command.__file__, hardware.__file__, host_files.__file__)
        code = [Path(str(module)).read_bytes() for module in modules]
        text = repr((self.model_dump_json(), version, code))
        return self.image / f"golden-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @property
    def key(self) -> Path:
        """The host's SSH key: the same after each `renew`."""
        return self.path / "ssh_host_ed25519_key"

    @property
    def disk(self) -> Disk:
        """The disk, as it was when the machine stopped."""
        return Disk(self.path / "disk.img", "raw")

    @property
    def state(self) -> Path:
        """The rest of the machine; there once the snapshot is whole."""
        return self.path / "state"


@contextmanager
def locked(golden: Golden) -> Iterator[None]:
    """One lab of this machine at a time: all have one cache."""
    golden.path.mkdir(exist_ok=True)
    with (golden.path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def need_key(golden: Golden) -> None:
    """Make the host's key, if it is not there."""
    with locked(golden):
        if not golden.key.exists():
            host_files.make_key(golden.host, golden.key)


def make_disk(golden: Golden) -> None:
    """The disk of the host before its first boot."""
    place = Path(tempfile.mkdtemp(prefix="disk-", dir=golden.path))
    root = place / "root"
    try:
        for name in ("upper", "work", "root"):
            (place / name).mkdir()
        layers = f"lowerdir={golden.image}/root,upperdir={place}/upper,workdir={place}/work"
        shell.run("mount", "-t", "overlay", "-o", layers, "lab", str(root))
        _personalise(golden, root)
        golden.disk.path.unlink(missing_ok=True)
        debootstrap.make_image(root, golden.disk.path, SIZE)
    finally:
        shell.quiet("umount", str(root))
        shutil.rmtree(place, ignore_errors=True)


def _personalise(golden: Golden, root: Path) -> None:
    host_files.personalise(golden.host, root, "", golden.interfaces)
    for suffix in ("", ".pub"):
        shutil.copy2(f"{golden.key}{suffix}", f"{root}/{host_files.HOST_KEY}{suffix}")
    for number in range(golden.hardware.nics):
        link = root / f"etc/systemd/network/10-nic{number}.link"
        text = LINK.format(mac=nic_mac(golden.host, number), name=nic(number))
        link.write_text(text)
