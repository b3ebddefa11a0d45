"""The disks of guests: a base for each kind, which all hosts share, and over it one for each guest.

A base is an ext4 file system made of a folder, with no loop device and no
mount. A guest's own disk is a qcow2 overlay on its host: it holds what the
guest has written, and outlives the guest's power and the host's.
"""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path

from runbook.lab import debootstrap, shell
from runbook.lab.guest_image import FOLDER
from runbook.lab.names import GUEST_USER

KINDS = ("quick", "debian")
# Where Debian's libvirt keeps its disks.
OWN = Path("/var/lib/libvirt/images")
QUICK_SIZE = "16M"
# busybox's own shell runs busybox's programs before any that is found in PATH.
SHELL = ("/bin/dash", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6")
# GUEST_PASSWORD: openssl passwd -6 -salt runbook-lab lab
HASH = (
    "$6$runbook-lab$BwW8/ulofyoDdNC.bVjTdRJvxZKn.DUPlOFwoBCqfYbl45V3cLTK4XA61CgFZZ2lg"
    "tHD0UjX0aQw/Nafj/BA90"
)
FOLDERS = (
    *("bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp", "var"),
    *(f"etc/network/if-{when}.d" for when in ("pre-up", "up", "down", "post-down")),
)
ETC = {
    "passwd": f"{GUEST_USER}:x:0:0:root:/root:/bin/sh\n",
    "shadow": f"{GUEST_USER}:{HASH}:19000:0:99999:7:::\n",
    "group": "root:x:0:\n",
    "issue": "A quick guest of the lab\n\n",
}


def base(root: Path, kind: str) -> Path:
    """What every guest of a kind starts from, in a host's file system."""
    return root / FOLDER.relative_to("/") / f"{kind}.ext4"


def own(name: str) -> Path:
    """The disk of one guest, on its host."""
    return OWN / f"{name}.qcow2"


def scripts() -> dict[str, bytes]:
    """What a quick guest runs that busybox has not: path and content."""
    init, ifup = (
        files(__package__).joinpath(name).read_bytes()
        for name in ("guest_quick.sh", "guest_ifup.sh")
    )
    return {"sbin/init": init, "sbin/ifup": ifup, "sbin/ifdown": ifup}


def quick(root: Path) -> None:
    """The base of quick guests, around the busybox of a root file system."""
    with tempfile.TemporaryDirectory(dir=root / FOLDER.relative_to("/")) as place:
        tree = Path(place)
        _fill(tree)
        # In there, where the links between libraries lead to what they should.
        copied = ("cp", "-L", "--parents", "/bin/busybox", *SHELL, str(FOLDER / tree.name))
        shell.run("chroot", str(root), *copied)
        shell.run("chroot", place, "/bin/busybox", "--install", "-s", "/bin")
        (tree / "bin/sh").unlink()
        (tree / "bin/sh").symlink_to("dash")
        debootstrap.make_image(tree, base(root, "quick"), QUICK_SIZE)


def share(disk: Path, root: Path) -> None:
    """The base of Debian guests, in a host's file system: one file for all, never written."""
    base(root, "debian").hardlink_to(disk)


def _fill(tree: Path) -> None:
    tree.chmod(0o755)
    for name in FOLDERS:
        (tree / name).mkdir(parents=True)
    (tree / "var/run").symlink_to("../run")
    for name, text in ETC.items():
        (tree / "etc" / name).write_text(text)
    (tree / "etc/shadow").chmod(0o600)
    for name, code in scripts().items():
        (tree / name).write_bytes(code)
        (tree / name).chmod(0o755)
