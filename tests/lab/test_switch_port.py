"""A switch port that admits known MACs alone: what comes out of it, and what that costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.lab.test_files import console, params
from tests.lab.test_routed import is_late, probed_across

from runbook.apply.confirm import Confirmed
from runbook.common.errors import StepFailed
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


def refused(host: str, words: list[str]) -> None:
    """A change with a MAC of the bridge's own, on a port that drops it."""
    session = pipeline.open_session(params(host))
    with closing(session.host), pytest.raises(StepFailed) as failed:
        pipeline.change(session)
    words.append(str(failed.value))


def test_a_port_that_drops_the_bridge_s_own_mac_costs_nothing_and_is_named(
    guarded_port: str,
) -> None:
    host, words = guarded_port, list[str]()
    seen = probed_across(lambda: refused(host, words))
    if is_late(seen):
        seen = probed_across(lambda: refused(host, words))
    assert seen.lost == 0, seen
    assert "does not admit the bridge's MAC 52:54:00" in words[0]
    assert "bridge_mac: nic" in words[0]
    journal = console(host, "cat /var/lib/runbook/*/journal").decode()
    assert "undone because: the LAN does not admit the bridge's MAC" in journal
    assert frames_dropped() > 0
