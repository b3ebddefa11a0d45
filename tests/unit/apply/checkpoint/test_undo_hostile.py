"""What a user of the host shows in /proc while the undo looks at each process."""

from __future__ import annotations

import re
import subprocess
from importlib.resources import files

from tests.unit.hostile import endless

from runbook.apply import checkpoint


def test_a_command_line_without_end_keeps_no_undo_from_its_end() -> None:
    """It looks for the host's own DHCP client among all processes."""
    head = files(checkpoint).joinpath("undo_head.sh").read_text()
    function = re.search(r"^client_runs\(\) \{\n.*?^\}\n", head, re.MULTILINE | re.DOTALL)
    assert function
    ask = f"{function[0]}client_runs enp4s0f0 -4 /sbin/dhclient"
    with endless("dhclient -4"):
        done = subprocess.run(["sh", "-c", ask], check=False, timeout=20)
    assert done.returncode == 1
