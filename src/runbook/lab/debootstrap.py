"""A Debian file system in a folder, by mmdebstrap, and a disk of a folder, by mke2fs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runbook.lab import shell

BUILD_S = 1200.0
# Documentation nobody reads here, and messages in languages nobody set.
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def make(
    release: str, variant: str, packages: Sequence[str], root: Path, hooks: Sequence[str] = ()
) -> None:
    """Make it with mmdebstrap's own words for a variant and for hooks (mmdebstrap(1))."""
    excluded = [f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED]
    options = ("--quiet", f"--variant={variant}", "--mode=root", "--skip=check/empty", *excluded)
    included = "--include=" + ",".join(packages)
    shell.run("mmdebstrap", *options, included, *hooks, release, str(root), timeout=BUILD_S)


def prepare(root: Path, masked: Sequence[str]) -> None:
    """What must not be shared goes; what has nothing to do is masked; the journal is in memory."""
    (root / "etc/machine-id").write_text("")
    (root / "etc/resolv.conf").write_text("")
    for unit in masked:
        link = root / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    journal = root / "etc/systemd/journald.conf.d/lab.conf"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_text("[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n")


def make_image(tree: Path, image: Path, size: str) -> None:
    """An ext4 file system of that size (mke2fs's words) with what is in the folder."""
    # What is left for the kernel to zero later, each guest would write to its own disk.
    options = ("-q", "-F", "-t", "ext4", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0")
    shell.run("mke2fs", *options, "-J", "size=4", "-d", str(tree), str(image), size)
    image.chmod(0o644)
