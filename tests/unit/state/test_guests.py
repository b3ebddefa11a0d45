from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.state.recorded import as_documented, column, host

from runbook.common.errors import ReadFailed
from runbook.state import guests
from runbook.state.guests import GuestRow
from runbook.state.table import Table
from runbook.transport import questions
from runbook.transport.host import GuestXML

RUNNING = """\
<domain type='kvm' id='3'>
  <name>web</name>
  <uuid>20c5332c-4d69-434a-8835-9baaf980adae</uuid>
  <devices>
    <interface type='network'>
      <mac address='52:54:00:00:00:01'/>
      <source network='default' portid='8' bridge='virbr0'/>
      <target dev='vnet0'/>
      <model type='virtio'/>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:00:00:02'/><source bridge='br0'/><target dev='vnet1'/>
    </interface>
    <interface type='direct'>
      <mac address='52:54:00:00:00:03'/>
      <source dev='enp4s0f0' mode='bridge'/><target dev='macvtap0'/><model type='e1000'/>
    </interface>
    <interface type='user'><mac address='52:54:00:00:00:04'/></interface>
  </devices>
</domain>
"""
OFF = "<domain type='qemu'><name>mail &amp; more</name><devices/></domain>"
TWO = (
    GuestXML(name="web", state="running", autostart=True, xml=RUNNING),
    GuestXML(name="mail & more", state="shut off", autostart=False, xml=OFF),
)


def test_each_guest_is_a_row() -> None:
    table = guests.parse(TWO)
    assert as_documented(table, guests.TABLE)
    uuid = "20c5332c-4d69-434a-8835-9baaf980adae"
    off = GuestRow("mail & more", "", "shut off", autostart=False, saved=False)
    assert table == (off, GuestRow("web", uuid, "running", autostart=True, saved=False))


def test_each_interface_tells_what_it_hangs_on() -> None:
    table = guests.parse_taps(TWO)
    assert as_documented(table, guests.TAPS)
    ways = ((row.type, row.source, row.target, row.model) for row in table)
    assert list(ways) == [
        ("network", "default", "vnet0", "virtio"),
        ("bridge", "br0", "vnet1", ""),
        ("direct", "enp4s0f0", "macvtap0", "e1000"),
        ("user", "", "", ""),
    ]
    assert set(column(table, "guest")) == {"web"}


def test_a_running_guest_on_a_network_onto_somebody_s_bridge_is_on_that_network() -> None:
    live = RUNNING.replace("<source bridge='br0'/>", "<source network='hostbr' bridge='br0'/>")
    sources = [row.source for row in guests.parse_taps([replace(TWO[0], xml=live)])]
    assert sources[:2] == ["default", "hostbr"]


DEFINED = RUNNING.replace("network='default' portid='8' bridge='virbr0'", "network='routed'")


def test_an_interface_tells_what_it_will_hang_on_at_its_next_start() -> None:
    web = replace(TWO[0], defined=DEFINED)
    row = guests.parse_taps([web])[0]
    assert (row.source, row.defined_source) == ("default", "routed")
    assert row.live_xml.startswith("<interface")
    assert "portid" in row.live_xml
    assert "portid" not in row.defined_xml


def test_one_that_is_shut_off_has_no_interface_that_runs() -> None:
    off = replace(TWO[0], state="shut off", xml=DEFINED, defined=DEFINED)
    assert column(guests.parse_taps([off]), "live_xml") == [""] * 4


def test_the_port_that_libvirt_drew_makes_no_difference() -> None:
    assert "live_xml" not in guests.TAPS.settled


def test_the_recorded_host_has_no_guest(tmp_path: Path) -> None:
    recorded = host(tmp_path)
    assert as_documented(guests.read(recorded), guests.TABLE)
    assert as_documented(guests.read_taps(recorded), guests.TAPS)


@pytest.mark.parametrize("reader", [guests.TABLE, guests.TAPS], ids=lambda table: table.name)
def test_a_guest_that_cannot_be_understood_is_not_left_out(
    tmp_path: Path, reader: Table[Any]
) -> None:
    broken = questions.from_all([replace(TWO[0], xml=RUNNING[:-9])])
    with pytest.raises(ReadFailed, match=r"guests makes no sense: .*line"):
        reader.read(host(tmp_path, {questions.GUESTS: broken}))
