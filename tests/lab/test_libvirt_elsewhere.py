"""A libvirt connection that ends on another machine than ssh does is asked nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook.common.errors import HypervisorUnavailable
from runbook.lab import machine
from runbook.lab.lab import Lab
from runbook.transport import ssh
from runbook.transport.connect import connect

HOST, OTHER, NAME = "server-01", "server-02", "the-server"
# Whoever goes there now is let in by nobody.
SSHD_STOPS = ("systemctl", "stop", "ssh")
ONE_SESSION = "echo MaxSessions 1 >>/etc/ssh/sshd_config; systemctl restart ssh"
CONFIG = Path("/etc/ssh/ssh_config.d/runbook-lab.conf")


def test_a_uri_that_names_another_host_is_refused(lab: Lab) -> None:
    assert OTHER in lab.hosts
    live = connect(HOST, prefix=ssh(HOST), libvirt_uri=f"qemu+ssh://{OTHER}/system")
    try:
        with pytest.raises(HypervisorUnavailable, match="ends on another machine") as caught:
            live.networks()
    finally:
        live.close()
    assert caught.value.host == HOST
    assert "nothing was asked of that libvirt" in caught.value.state


class Moving:
    """A name that leads to one host, and to the other from the moment on that the file is there."""

    def __init__(self, folder: Path) -> None:
        self.moved = folder / "moved"
        told = CONFIG.read_text()
        for host, when in ((HOST, f"! test -e {self.moved}"), (OTHER, f"test -e {self.moved}")):
            told = told.replace(f"Host {host}\n", f'Match originalhost {NAME} exec "{when}"\n')
        config = folder / "ssh_config"
        config.write_text(told)
        self.prefix = ssh(NAME, config=config)


@pytest.fixture
def moving(lab: Lab, tmp_path: Path) -> Moving:
    assert OTHER in lab.hosts
    return Moving(tmp_path)


def test_a_name_that_leads_elsewhere_a_moment_later_leads_libvirt_nowhere_else(
    fresh_host: str, moving: Moving
) -> None:
    assert fresh_host == HOST
    live = connect(NAME, prefix=moving.prefix)
    try:
        moving.moved.touch()
        machine.run(OTHER, SSHD_STOPS)
        assert live.libvirt_version() > 1_000_000
    finally:
        live.close()
        machine.run(OTHER, ("systemctl", "start", "ssh"))


def test_a_host_that_gives_libvirt_a_connection_of_its_own_is_proven_anew(
    fresh_host: str, moving: Moving
) -> None:
    machine.run(fresh_host, ("sh", "-c", ONE_SESSION))
    live = connect(NAME, prefix=moving.prefix)
    try:
        moving.moved.touch()
        with pytest.raises(HypervisorUnavailable, match="ends on another machine"):
            live.networks()
    finally:
        live.close()
