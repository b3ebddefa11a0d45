"""A release with its own kernel: a file system, the kernel and its initramfs, cached."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from runbook.lab import debootstrap, rootfs, shell
from runbook.lab.names import CACHE, RELEASES

PREFIX = "kernel-"
# udev gives the device this name to the first virtio disk.
FSTAB = "/dev/vda / ext4 errors=remount-ro 0 1\n"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """What the image of one release holds."""

    release: str
    packages: tuple[str, ...]
    masked: tuple[str, ...]
    answers: tuple[str, ...]

    @cached_property
    def digest(self) -> str:
        """Changes whenever the image has to be built anew."""
        code = [Path(str(module)).read_bytes() for module in (__file__, debootstrap.__file__)]
        return hashlib.sha256(repr((self, code)).encode()).hexdigest()[:16]

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return CACHE / f"{PREFIX}{self.release}-{self.digest}"


def recipe(release: str) -> Recipe:
    """The recipe of a release: what an nspawn host has, and a kernel."""
    usual = rootfs.recipe(release)
    document = tomllib.loads(files("runbook.lab").joinpath("recipes.toml").read_text())["kernel"]
    packages = ({*usual.packages} - {*document["without"]}) | {*document["packages"]}
    return Recipe(release, tuple(sorted(packages)), usual.masked, usual.answers)


def image(release: str, say: Say) -> Path:
    """The release's image, built if it is not there: `root`, `vmlinuz` and `initrd.img`."""
    wanted = recipe(release)
    if not wanted.path.is_dir():
        say(f"building the {release} image with its kernel (two minutes, once)")
        _build(wanted)
    return wanted.path


def remove_old() -> None:
    """Images of recipes that are no more, and what a killed build left; with no lab up."""
    wanted = {recipe(release).path for release in RELEASES}
    for path in (*CACHE.glob(f"{PREFIX}*"), *CACHE.glob(f".{PREFIX}*")):
        if path not in wanted:
            for point in shell.mounts_below(path):
                shell.quiet("umount", "--lazy", point)
            shell.quiet("rm", "-rf", "--one-file-system", str(path))


def _build(recipe_wanted: Recipe) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    # Half an image must never be taken for a whole one: it is renamed when done.
    place = Path(tempfile.mkdtemp(prefix=f".{recipe_wanted.path.name}-", dir=CACHE))
    try:
        root = place / "root"
        answers = rootfs.ANSWER.format(answers=shlex.join(recipe_wanted.answers))
        hooks = (f"--essential-hook={answers}",)
        debootstrap.make(recipe_wanted.release, "minbase", recipe_wanted.packages, root, hooks)
        _prepare(root, recipe_wanted.masked)
        _take_kernel(root, place)
        place.chmod(0o755)
        place.rename(recipe_wanted.path)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _prepare(root: Path, masked: tuple[str, ...]) -> None:
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    debootstrap.prepare(root, masked)
    (root / "etc/fstab").write_text(FSTAB)


def _take_kernel(root: Path, place: Path) -> None:
    for pattern, name in (("vmlinuz-*", "vmlinuz"), ("initrd.img-*", "initrd.img")):
        (path,) = (root / "boot").glob(pattern)
        shutil.copyfile(path, place / name)
