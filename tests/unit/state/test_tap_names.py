"""A guest's device is told by its NIC, for its number is libvirt's and another after each start."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.unit.hosts import link, snapshot

from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

ONE, TWO = ("vm-01", "52:54:00:00:00:01"), ("vm-02", "52:54:00:00:00:02")
Devices = Mapping[tuple[str, str], str]


def host(devices: Devices, *more: str, bridge: str = "virbr0") -> Snapshot:
    """A host on which each guest's NIC has this device, in that bridge."""
    names = (*(each for each in devices.values() if each), *more)
    nics = [
        {"guest": guest, "mac": mac, "target": device, "live_xml": f"<{device}/>"}
        for (guest, mac), device in devices.items()
    ]
    return snapshot(
        links=[link("virbr0"), *(link(name, master=bridge) for name in names)],
        bridge_ports=[{"bridge": bridge, "port": name} for name in names],
        routes=[{"family": "inet6", "dst": "fe80::/64", "ifname": name} for name in names],
        sysctl=[{"name": f"net.ipv4.conf.{name}.rp_filter", "value": "0"} for name in names],
        taps=nics,
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({ONE: "vnet1"}, {ONE: "vnet0"}),
        ({ONE: "vnet0", TWO: "vnet1"}, {ONE: "vnet1", TWO: "vnet0"}),
        ({ONE: "vnet3", TWO: "vnet4"}, {ONE: "vnet4", TWO: "vnet5"}),
    ],
)
def test_guests_that_were_started_again_are_as_before(was: Devices, now: Devices) -> None:
    before, after = host(was), host(now)
    assert not compare(before, after).empty
    assert compare(before, named_as(before, after)).empty


def test_what_else_differs_of_the_device_still_does() -> None:
    before = host({ONE: "vnet1"})
    moved = named_as(before, host({ONE: "vnet0"}, bridge="virbr1"))
    said = str(compare(before, moved))
    assert "links: vnet1 master: virbr0 -> virbr1" in said
    assert "vnet0" not in said


def test_a_guest_that_was_switched_off_is_not_as_before() -> None:
    before, off = host({ONE: "vnet0"}), host({ONE: ""})
    assert "vnet0" in str(compare(before, named_as(before, off)))


def test_a_device_that_somebody_named_is_another_by_another_name() -> None:
    before, after = host({ONE: "uplink0"}), host({ONE: "uplink1"})
    assert "uplink1" in str(compare(before, named_as(before, after)))


def test_a_name_that_another_guest_has_taken_is_told_as_it_is() -> None:
    before, after = host({ONE: "vnet0"}), host({ONE: "vnet1", TWO: "vnet0"})
    said = str(compare(before, named_as(before, after)))
    assert "vm-02" in said
    assert "vnet0 -> vnet1" in said


def test_nothing_is_renamed_where_nothing_was_started_again() -> None:
    before, after = host({ONE: "vnet0"}), host({ONE: "vnet0"}, "vnet7")
    assert named_as(before, after) is after
