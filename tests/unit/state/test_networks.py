from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.state.recorded import as_documented, column, host

from runbook.common.errors import ReadFailed
from runbook.state import networks
from runbook.state.networks import NetworkRow
from runbook.transport import questions
from runbook.transport.host import NetworkXML

ROUTED = """\
<network>
  <name>routed</name>
  <forward dev='enp4s0f0' mode='nat'>
    <nat><port start='1024' end='65535'/></nat>
    <interface dev='enp4s0f0'/>
    <interface dev='enp4s0f1'/>
  </forward>
  <bridge name='virbr1' stp='on' delay='0'/>
  <mac address='52:54:00:ab:cd:ef'/>
  <ip address='172.16.1.1' netmask='255.255.0.0'/>
  <ip family='ipv6' address='2001:db8::1' prefix='48'/>
  <ip family='ipv6' address='fe80::1'/>
</network>
"""


def network(xml: str, **other: Any) -> NetworkXML:  # noqa: ANN401 - as NetworkXML has it
    base = {"name": "routed", "defined": xml, "live": ""}
    switches = {"active": True, "persistent": True, "autostart": False}
    return NetworkXML(**{**base, **switches, **other})


def row(xml: str, **other: Any) -> NetworkRow:  # noqa: ANN401 - as NetworkXML has it
    table = networks.parse([network(xml, **other)])
    assert as_documented(table, networks.TABLE)
    (found,) = table
    return found


def test_all_that_a_network_says() -> None:
    found = row(ROUTED)
    assert (found.name, found.bridge) == ("routed", "virbr1")
    assert (found.forward_mode, found.forward_dev) == ("nat", "enp4s0f0 enp4s0f1")
    assert (found.stp, found.delay, found.mac) == ("on", "0", "52:54:00:ab:cd:ef")
    assert found.addresses == "172.16.1.1/16 2001:db8::1/48 fe80::1/64"
    assert (found.active, found.persistent, found.autostart) == (True, True, False)
    assert found.defined_xml == ROUTED


@pytest.mark.parametrize(
    ("forward", "mode", "dev"),
    [
        ("", "", ""),
        ("<forward/>", "nat", ""),
        ("<forward mode='open'/>", "open", ""),
        ("<forward mode='bridge'><interface dev='eth0'/></forward>", "bridge", "eth0"),
        ("<forward mode='hostdev'><pf dev='eth0'/></forward>", "hostdev", ""),
    ],
)
def test_how_a_network_forwards(forward: str, mode: str, dev: str) -> None:
    found = row(f"<network>{forward}</network>")
    assert (found.forward_mode, found.forward_dev) == (mode, dev)


LENDS = "<range start='10.7.0.10' end='10.7.0.99'/>"
FIXED = "<host mac='52:54:00:00:00:01' ip='10.7.0.5'/>"


@pytest.mark.parametrize(
    ("dhcp", "lent"),
    [
        ("", ""),
        ("<dhcp/>", "0_fixed"),
        (f"<dhcp>{LENDS}</dhcp>", "10.7.0.10-10.7.0.99"),
        (f"<dhcp>{FIXED}</dhcp>", "1_fixed"),
        (f"<dhcp>{LENDS}{FIXED}</dhcp>", "10.7.0.10-10.7.0.99 1_fixed"),
    ],
)
def test_what_a_network_lends(dhcp: str, lent: str) -> None:
    ip = f"<ip address='10.7.0.1' netmask='255.255.255.0'>{dhcp}</ip>"
    assert row(f"<network>{ip}</network>").dhcp == lent


def test_a_network_that_is_only_live_is_read_from_there() -> None:
    found = row("", live=ROUTED, persistent=False)
    assert (found.bridge, found.defined_xml, found.live_xml) == ("virbr1", "", ROUTED)


def test_the_recorded_host_has_libvirt_s_own(tmp_path: Path) -> None:
    table = networks.read(host(tmp_path))
    assert as_documented(table, networks.TABLE)
    assert column(table, "name") == ["default"]
    assert column(table, "addresses") == ["192.168.122.1/24"]


@pytest.mark.parametrize(
    "xml", ["", "<network>", "<network><ip address='172.16.1'/></network>", "virsh: error"]
)
def test_a_network_that_cannot_be_understood_is_not_left_out(tmp_path: Path, xml: str) -> None:
    broken = questions.from_all([network(xml)])
    with pytest.raises(ReadFailed, match="networks makes no sense") as failed:
        networks.read(host(tmp_path, {questions.NETWORKS: broken}))
    assert failed.value.host == "server-01"
