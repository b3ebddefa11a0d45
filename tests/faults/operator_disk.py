"""The operator's disk, with the record and the notebook on it: full, read-only, gone, slow.

Each case has small file systems of its own, on both folders.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.injections import Injection
from tests.faults.scene import Disk, Scene

# A record and three notebooks need less.
SIZE_MB = 64
SLOW = "RUNBOOK_FAULT_SLOW"


@dataclass(frozen=True, slots=True)
class OwnDisk:
    """The folders of one host's record and notebook, each on a disk of its own."""

    folders: tuple[Path, ...]
    # What lies below it, of earlier runs: it comes to light when the disk goes.
    hidden: frozenset[Path]

    @classmethod
    def mounted(cls, home: Path, host: str) -> OwnDisk:
        """Mount it."""
        folders = (home / "outputs" / host, home / "executed" / host)
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        disk = cls(folders, frozenset(path for folder in folders for path in folder.iterdir()))
        for folder in folders:
            size = f"size={SIZE_MB}m,mode=700"
            subprocess.run(("mount", "-t", "tmpfs", "-o", size, "operator", folder), check=True)
        return disk

    def unmount(self) -> None:
        """Take away all that is mounted there."""
        for folder in self.folders:
            while folder.is_mount():
                subprocess.run(("umount", "--lazy", folder), check=True)


def fill(folder: Path) -> Callable[[], object]:
    """Not a byte is free."""
    filler = folder / ".filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            return filler.unlink
    raise AssertionError(folder)


def make_read_only(folder: Path) -> Callable[[], object]:
    """As after an error of the disk."""
    # Of its own, because a mount on which a file is open for writing cannot be made so.
    subprocess.run(("mount", "--bind", folder, folder), check=True)
    subprocess.run(("mount", "-o", "remount,ro,bind", folder), check=True)
    return lambda: subprocess.run(("umount", "--lazy", folder), check=True)


def take_away(folder: Path) -> Callable[[], object]:
    """As a disk at a cable, or a share on a network: only what lies below it is left."""
    subprocess.run(("umount", "--lazy", folder), check=True)
    return lambda: None


def on_each(does: Callable[[Path], Callable[[], object]]) -> Injection:
    """Done to both folders."""

    def inject(scene: Scene) -> None:
        if scene.disk:
            scene.mend.extend(_all(does, scene.disk))
        scene.from_now("fault")
        scene.go()

    return inject


def _all(
    does: Callable[[Path], Callable[[], object]], disk: Disk
) -> Iterator[Callable[[], object]]:
    for folder in disk.folders:
        yield does(folder)


def slow(scene: Scene) -> None:
    """Each write takes some seconds, as on a disk that fails or a share far away."""
    flag = flag_of(scene.home, scene.host)
    flag.touch()
    scene.mend.append(flag.unlink)
    scene.from_now("fault")
    scene.go()


def flag_of(home: Path, host: str) -> Path:
    """The file that makes this host's record slow while it is there."""
    return home / f"{host}.slow"


FAULTS: dict[str, Injection] = {
    "operator's disk full": on_each(fill),
    "operator's disk read-only": on_each(make_read_only),
    "operator's disk gone": on_each(take_away),
    "operator's disk slow": slow,
}
