"""A libvirt connection that ends on another machine than ssh does is asked nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook.common.errors import HypervisorUnavailable
from runbook.lab.lab import Lab
from runbook.transport import ssh
from runbook.transport.connect import connect

HOST, OTHER = "server-01", "server-02"
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


def test_a_name_that_leads_elsewhere_a_moment_later_is_refused(lab: Lab, tmp_path: Path) -> None:
    assert OTHER in lab.hosts
    moved = tmp_path / "moved"
    told = CONFIG.read_text()
    for host, when in ((HOST, f"! test -e {moved}"), (OTHER, f"test -e {moved}")):
        told = told.replace(f"Host {host}\n", f'Match originalhost the-server exec "{when}"\n')
    config = tmp_path / "ssh_config"
    config.write_text(told)
    prefix = ssh("the-server", config=config)
    live = connect("the-server", prefix=prefix)
    try:
        assert live.libvirt_version() > 1_000_000
        again = connect("the-server", prefix=prefix)
        moved.touch()
        try:
            with pytest.raises(HypervisorUnavailable, match="ends on another machine"):
                again.networks()
        finally:
            again.close()
    finally:
        live.close()
