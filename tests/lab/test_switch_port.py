"""A switch port that admits known MACs alone: what comes out of it, and what that costs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.lab.test_files import console, params

from runbook.apply.confirm import Confirmed
from runbook.lab import lab as labs
from runbook.lab import machine, shell
from runbook.lab.names import SWITCH, mac, port
from runbook.params import Params
from runbook.run import pipeline

TABLE = """\
table bridge portsec {{
  chain pre {{
    type filter hook prerouting priority -300; policy accept;
    iifname "{port}" ether saddr != {mac} counter drop
  }}
}}
"""


def nft(*argv: str, stdin: str = "") -> str:
    """The program of a lab host, on the switch: this machine need not have it."""
    inside = ("ip", "netns", "exec", SWITCH, "chroot", str(labs.current().root))
    return shell.run(*inside, "nft", *argv, stdin=stdin)


@pytest.fixture
def guarded_port(fresh_host: str) -> Iterator[str]:
    """The host on a port that admits the MAC of its NIC, and drops and counts all others."""
    nft("-f", "-", stdin=TABLE.format(port=port(fresh_host), mac=mac(fresh_host)))
    yield fresh_host
    nft("delete", "table", "bridge", "portsec")


def frames_dropped() -> int:
    """The frames from any other MAC so far."""
    found = re.search(r"counter packets (\d+)", nft("list", "ruleset"))
    assert found
    return int(found[1])


def with_the_nic_s_mac(host: str) -> Params:
    return params(host).model_copy(update={"bridge_mac": "nic"})


def test_with_the_nic_s_mac_no_frame_has_another_one_in_the_change_its_undo_and_a_boot(
    guarded_port: str,
) -> None:
    host = guarded_port
    assert isinstance(pipeline.change(pipeline.open_session(with_the_nic_s_mac(host))), Confirmed)
    assert frames_dropped() == 0
    machine.shut_down(host)
    machine.power_on(host)
    assert frames_dropped() == 0
    said = console(host, "sh /var/lib/runbook/*/undo").decode()
    assert "as it was before the change" in said
    assert frames_dropped() == 0
