"""What every guest boots first: Debian's cloud kernel, and busybox with a few modules around it.

The kernel's package is not installed, for that would build an initramfs of
its own; it is fetched while the root file system is made, and taken apart.
From there the guest goes on with what is on its disk (guest_disk.py).
"""

from __future__ import annotations

import lzma
import re
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from itertools import count
from pathlib import Path

from runbook.lab import shell

FOLDER = Path("/usr/lib/runbook-lab/guest")
KERNEL, INITRD = FOLDER / "vmlinuz", FOLDER / "initrd"
METAPACKAGE = "linux-image-cloud-amd64"
# The NIC, the disk, the agent's channel, and the power button.
DRIVERS = ("virtio_pci", "virtio_net", "virtio_blk", "virtio_console", "evdev", "button")
# Run by mmdebstrap with the new root as $1, while apt still has its lists.
FETCH = f"""\
set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
kernel=$(apt-cache depends {METAPACKAGE} | sed -n 's/^ *Depends: //p')
mkdir -p "$1{FOLDER}"
cd "$1{FOLDER}"
apt-get --quiet --quiet --option APT::Sandbox::User=root download "$kernel"
"""
DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
DIRECTORY, PROGRAM, PLAIN = 0o040755, 0o100755, 0o100644


def init() -> bytes:
    """The guest's process 1, until that of its disk takes over."""
    return files(__package__).joinpath("guest_init.sh").read_bytes()


def build(root: Path) -> None:
    """The guest's kernel and initramfs in a root file system that FETCH ran for."""
    folder = root / FOLDER.relative_to("/")
    (package,) = folder.glob("*.deb")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        shell.run("dpkg-deb", "--extract", str(package), place)
        (kernel,) = Path(place).glob("boot/vmlinuz-*")
        kernel.rename(folder / KERNEL.name)
        drivers = modules(Path(place))
        busybox = (root / "bin/busybox").read_bytes()
        (folder / INITRD.name).write_bytes(archive(_contents(busybox, drivers)))
    package.unlink()
    (folder / KERNEL.name).chmod(0o644)


def _contents(busybox: bytes, drivers: dict[str, bytes]) -> Iterator[tuple[str, int, bytes]]:
    for name in ("bin", "dev", "disk", "modules", "proc", "sys"):
        yield name, DIRECTORY, b""
    yield "init", PROGRAM, init()
    yield "bin/busybox", PROGRAM, busybox
    for name, data in drivers.items():
        yield f"modules/{name}", PLAIN, data
    yield "modules/order", PLAIN, "".join(f"{name}\n" for name in drivers).encode()


def modules(unpacked: Path) -> dict[str, bytes]:
    """The drivers with all that they need, in the order in which they load."""
    paths = {_name(path): path for path in unpacked.rglob("*.ko*")}
    (builtin,) = unpacked.rglob("modules.builtin")
    there = {_name(Path(line)) for line in builtin.read_text().splitlines()}
    found: dict[str, bytes] = {}

    def take(name: str) -> None:
        if name in there or name in found:
            return
        if name not in paths:
            raise shell.failed("the guest's modules", f"the kernel has no {name}")
        data = _read(paths[name])
        for needed in depends(data):
            take(needed)
        found[name] = data

    for driver in DRIVERS:
        take(driver)
    return found


def _name(module: Path) -> str:
    return module.name.split(".")[0].replace("-", "_")


def _read(module: Path) -> bytes:
    data = module.read_bytes()
    return lzma.decompress(data) if module.suffix == ".xz" else data


def depends(module: bytes) -> tuple[str, ...]:
    """The modules that a module says must be loaded before it."""
    match = DEPENDS.search(module)
    if match is None:
        raise shell.failed("the guest's modules", "one does not say what it depends on")
    return tuple(name.decode().replace("-", "_") for name in match[1].split(b",") if name)


def archive(contents: Iterator[tuple[str, int, bytes]]) -> bytes:
    """An initramfs, in the kernel's 'newc' format (buffer-format.rst): name, mode, content."""
    numbers = count(1)
    packed = [_member(next(numbers), *each) for each in contents]
    return b"".join([*packed, _member(0, "TRAILER!!!", 0, b"")])


def _member(number: int, name: str, mode: int, data: bytes) -> bytes:
    path = name.encode() + b"\0"
    # inode, mode, owner, group, links, time, size, device (4), length of the name, checksum
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields)
    return _padded(head + path) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
