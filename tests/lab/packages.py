"""Debian packages from the lab's own folder, put on a host without a network."""

from __future__ import annotations

from runbook.lab import machine


def install(host: str, package: str, *options: str) -> None:
    """Install a Debian package from the lab's own folder of packages, with dpkg's options."""
    release = "/usr/lib/runbook-lab-packages/$(. /etc/os-release; echo $VERSION_CODENAME)"
    words = " ".join(options)
    done = machine.run(host, ["sh", "-c", f"dpkg {words} --install {release}/{package}/*.deb"])
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
