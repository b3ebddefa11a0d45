"""Root file systems by mmdebstrap, cached until their recipe changes."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from runbook.lab import debootstrap, guest_debian, guest_disk, guest_image, shell
from runbook.lab.names import CACHE, RELEASES

LAYER = "lowerdir="
# An answer is put to debconf before the package that asks is unpacked.
ANSWER = "printf '%s\\n' {answers} | chroot \"$1\" debconf-set-selections"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one release's file system holds."""

    release: str
    packages: tuple[str, ...]
    masked: tuple[str, ...]
    answers: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Changes whenever the file system has to be built anew."""
        modules = (__file__, debootstrap.__file__, guest_image.__file__, guest_disk.__file__)
        code = [Path(str(module)).read_bytes() for module in modules]
        scripts = (guest_image.init(), *guest_disk.scripts().values())
        text = repr((self, code, scripts, guest_debian.recipe().digest))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return CACHE / f"{self.release}-{self.digest}"


def recipe(release: str) -> Recipe:
    """The recipe of a release."""
    document = tomllib.loads(files(__package__).joinpath("recipes.toml").read_text())
    own = document["release"][release]["packages"]
    packages = tuple(sorted([*document["packages"], *own]))
    return Recipe(release, packages, tuple(document["masked"]), tuple(document["answers"]))


def root_file_system(release: str, say: Say) -> Path:
    """The release's file system, built if it is not there; others are left alone."""
    wanted = recipe(release)
    if not wanted.path.is_dir():
        disk = guest_debian.disk(say)
        say(f"building the {release} root file system (about a minute, once)")
        _build(wanted, disk)
    return wanted.path


def remove_old() -> None:
    """File systems of recipes that are no more, and what a killed build left.

    One that a host stands on is left alone. Nobody may be building meanwhile.
    """
    kept = {recipe(release).path for release in RELEASES} | in_use() | {guest_debian.recipe().path}
    for name in (*RELEASES, guest_debian.PREFIX):
        for path in (*CACHE.glob(f"{name}-*"), *CACHE.glob(f".{name}-*")):
            if path not in kept:
                _remove(path)


def in_use() -> set[Path]:
    """The file systems that are a layer of some host's disk now."""
    options = [line.split()[3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    layers = (word for text in options for word in text.split(",") if word.startswith(LAYER))
    return {Path(word.removeprefix(LAYER)) for word in layers}


def _remove(path: Path) -> None:
    # A build that was killed may have left its /proc and /dev mounted there.
    for point in shell.mounts_below(path):
        shell.quiet("umount", "--lazy", point)
    # What cannot be removed now is found again the next time.
    shell.quiet("rm", "-rf", "--one-file-system", str(path))


def _build(recipe_wanted: Recipe, disk: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    # Half a file system must never be taken for a whole one: it is renamed when done.
    place = Path(tempfile.mkdtemp(prefix=f".{recipe_wanted.release}-", dir=CACHE))
    try:
        root = place / "root"
        _debootstrap(recipe_wanted, root)
        _prepare(recipe_wanted, root)
        guest_image.build(root)
        guest_disk.quick(root)
        guest_disk.share(disk, root)
        root.rename(recipe_wanted.path)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _debootstrap(recipe_wanted: Recipe, root: Path) -> None:
    told = ANSWER.format(answers=shlex.join(recipe_wanted.answers))
    hooks = (f"--essential-hook={told}", f"--customize-hook={guest_image.FETCH}")
    debootstrap.make(recipe_wanted.release, "minbase", recipe_wanted.packages, root, hooks)


def _prepare(recipe_wanted: Recipe, root: Path) -> None:
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    debootstrap.prepare(root, recipe_wanted.masked)
