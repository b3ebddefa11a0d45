"""What a user of the host and a machine on the LAN show while the undo runs."""

from __future__ import annotations

import re
import subprocess
from importlib.resources import files
from pathlib import Path

from tests.unit.hostile import endless

from runbook.apply import checkpoint

# As many as a host with a raised limit keeps: anybody on the LAN can make them.
CROWD = 20_000
IP = """\
#!/bin/sh
echo "$*" >>"${0%/*}/ran"
case "$*" in
'-4 neighbour show dev virbr1') cat "${0%/*}/neighbours" ;;
*batch*) cat >>"${0%/*}/batch" ;;
esac
"""


def function(name: str) -> str:
    """One function of the undo script."""
    head = files(checkpoint).joinpath("undo_head.sh").read_text()
    found = re.search(rf"^{name}\(\) \{{\n.*?^\}}\n", head, re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def test_a_command_line_without_end_keeps_no_undo_from_its_end() -> None:
    """It looks for the host's own DHCP client among all processes."""
    both = f"{function('own_client')}{function('client_runs')}"
    ask = f"{both}client_runs enp4s0f0 -4 /sbin/dhclient"
    with endless("dhclient -4"):
        done = subprocess.run(["sh", "-c", ask], check=False, timeout=20)
    assert done.returncode == 1


def test_a_crowd_of_neighbours_does_not_hold_up_the_host_s_address(tmp_path: Path) -> None:
    """They are carried to the NIC before the address is: one program for all of them."""
    (tmp_path / "ip").write_text(IP)
    (tmp_path / "ip").chmod(0o755)
    lines = [f"10.{n >> 8}.{n & 255}.1 lladdr 02:00:00:00:00:01 STALE" for n in range(CROWD)]
    told = "\n".join(("172.16.0.1 lladdr 02:00:00:00:ff:01 REACHABLE", "172.16.0.9 FAILED", *lines))
    (tmp_path / "neighbours").write_text(told + "\n")
    carry = f"PATH={tmp_path}:$PATH; {function('carry_neighbours')}carry_neighbours virbr1 eth0"
    subprocess.run(["sh", "-c", carry], check=True, timeout=20)
    assert len((tmp_path / "ran").read_text().splitlines()) == 3
    batch = (tmp_path / "batch").read_text().splitlines()
    assert batch[0] == "neighbour replace 172.16.0.1 lladdr 02:00:00:00:ff:01 dev eth0 nud stale"
    assert 1000 < len(batch) <= 4096


def test_a_tap_whose_name_means_something_to_nft_is_none(tmp_path: Path) -> None:
    """Whoever runs a guest by hand may choose a tap's name and its MAC."""
    find = function("tap_of").replace("/sys/class/net", str(tmp_path)) + "tap_of 52:54:00:0a:0b:01"
    found = []
    for name in ('"; add table x', "vnet3"):
        (tmp_path / name / "brport").mkdir(parents=True)
        (tmp_path / name / "address").write_text("fe:54:00:0a:0b:01\n")
        done = subprocess.run(["sh", "-c", find], capture_output=True, text=True, check=True)
        found.append(done.stdout.split())
    assert found == [[], ["vnet3"]]
