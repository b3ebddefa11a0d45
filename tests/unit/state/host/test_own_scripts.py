"""The scripts that ifupdown and the DHCP client run, without those of packages."""

from __future__ import annotations

from pathlib import Path

from tests.unit.naming import host_of

from runbook.state.host.line_search import Line
from runbook.state.host.own_scripts import read

UP = "/etc/network/if-up.d"


def test_an_own_script_is_read_without_comments_and_secrets(tmp_path: Path) -> None:
    text = "#!/bin/sh\n# mount\n\n  mount -a\ncurl -u me:password=hunter22 http://x/\n"
    (script,) = read(host_of({f"{UP}/own": text}, tmp_path))
    assert script.path == f"{UP}/own"
    assert script.lines[0] == Line(4, "mount -a")
    assert "hunter22" not in str(script.lines)


def test_a_script_of_a_package_and_one_that_run_parts_passes_over_are_left_out(
    tmp_path: Path,
) -> None:
    held = {
        f"{UP}/ntp": "service ntp restart\n",
        f"{UP}/own.bak": "mount -a\n",
        "/etc/dhcp/dhclient-exit-hooks.d/own": "mount -a\n",
        "/etc/network/if-down.d/own": "umount -a\n",
        "/var/lib/dpkg/info/ntp.list": f"/.\n/etc\n{UP}\n{UP}/ntp\n",
    }
    found = read(host_of(held, tmp_path))
    assert [script.path for script in found] == ["/etc/dhcp/dhclient-exit-hooks.d/own"]


def test_a_host_without_such_folders_has_none(tmp_path: Path) -> None:
    assert read(host_of({}, tmp_path)) == ()
