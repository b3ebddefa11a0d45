"""Debian packages that a test installs on a host: downloaded once, with all that they need.

They are no part of a root file system: most hosts have none of them, and two of them exclude each
other. A host sees them from its next boot on, in a folder for its release.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from runbook.lab import shell
from runbook.lab.names import CACHE, RELEASES

PACKAGES = (
    *("ufw", "firewalld", "fail2ban", "resolvconf", "openresolv", "dnsmasq", "chrony"),
    *("keepalived", "vnstat", "cloud-init", "ifupdown2"),
)
# systemd-resolved is part of systemd in Debian 11; ifupdown-ng is not in Debian 11.
SINCE_BOOKWORM = ("systemd-resolved", "ifupdown-ng")
# Only this one takes ifupdown's place in Debian 13. It needs ifupdown-ng, and does not say so.
SINCE_TRIXIE = ("ifupdown-ng-compat",)
# Where a host has them: FOLDER/RELEASE/PACKAGE/*.deb.
FOLDER = Path("/usr/lib/runbook-lab-packages")
BASE = "packages"
DOWNLOAD_S = 600.0
Say = Callable[[str], None]


def packages(release: str) -> tuple[str, ...]:
    """Those that the release has."""
    added = {"bookworm": SINCE_BOOKWORM, "trixie": (*SINCE_BOOKWORM, *SINCE_TRIXIE)}
    return (*PACKAGES, *added.get(release, ()))


def path(release: str) -> Path:
    """Where those of a release are kept; its name changes with the list."""
    text = repr((release, packages(release)))
    return CACHE / f"{BASE}-{release}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def build(release: str, root: Path, say: Say) -> None:
    """Download those that a host with this root file system lacks, unless they are there."""
    wanted = path(release)
    if wanted.is_dir():
        return
    say(f"downloading packages for tests on {release} (half a minute, once)")
    fetch(packages(release), root, wanted)


def fetch(names: tuple[str, ...], root: Path, wanted: Path) -> None:
    """Download these, each into a folder below `wanted` with what the file system lacks for it."""
    with tempfile.TemporaryDirectory(prefix=f".{BASE}-", dir=CACHE) as text:
        place = Path(text)
        try:
            _download(names, _writable(root, place), place / "upper")
        finally:
            for point in shell.mounts_below(place):
                shell.run("umount", "--lazy", point)
        (place / "upper/packages").rename(wanted)


def remove_old() -> None:
    """Packages of lists that are no more, and what a killed build left, away."""
    kept = {path(release) for release in RELEASES}
    for old in (*CACHE.glob(f"{BASE}-*"), *CACHE.glob(f".{BASE}-*")):
        if old not in kept and not shell.mounts_below(old):
            shutil.rmtree(old, ignore_errors=True)


def binds() -> tuple[str, ...]:
    """systemd-nspawn's options that show them to a host; none where they were not built."""
    there = [release for release in RELEASES if path(release).is_dir()]
    return tuple(f"--bind-ro={path(release)}:{FOLDER}/{release}" for release in there)


def _writable(root: Path, place: Path) -> Path:
    for name in ("upper", "work", "root"):
        (place / name).mkdir()
    layers = f"lowerdir={root},upperdir={place}/upper,workdir={place}/work"
    shell.run("mount", "-t", "overlay", "-o", layers, "lab", f"{place}/root")
    (place / "root/etc/resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
    return place / "root"


def _download(names: tuple[str, ...], root: Path, upper: Path) -> None:
    get = ("chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet")
    quiet = (*get, "--option=APT::Sandbox::User=root")
    shell.run(*quiet, "update", timeout=DOWNLOAD_S)
    for name in names:
        (upper / "packages" / name / "partial").mkdir(parents=True)
        archives = f"--option=Dir::Cache::archives=/packages/{name}"
        options = ("--yes", "--download-only", "--no-install-recommends", archives)
        shell.run(*quiet, "install", *options, name, timeout=DOWNLOAD_S)
