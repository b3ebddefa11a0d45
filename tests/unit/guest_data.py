"""A host on the LAN with one guest on libvirt's own network, and what that guest offers."""

from __future__ import annotations

from typing import Any

from tests.unit import fakes
from tests.unit.hosts import snapshot

from runbook.guest import facts, procedure
from runbook.guest.configure.guest_edit import FileEdit, GuestEdit
from runbook.guest.rules.case import GuestCase
from runbook.guest.target import GuestOffer, Target
from runbook.params import Params
from runbook.params.guests import Guest
from runbook.plan.plan import Plan
from runbook.state.snapshot import Snapshot

NAME, MAC, TAP = "vm-01", "52:54:00:00:00:01", "vnet0"
ADDRESS, GATEWAY = "172.16.1.10/16", "172.16.0.1"
NIC_XML = f"""\
<interface type='network'>
  <mac address='{MAC}'/>
  <source network='default' portid='fd3d' bridge='virbr0'/>
  <target dev='{TAP}'/>
  <model type='virtio'/>
  <alias name='net0'/>
  <address type='pci' slot='0x02'/>
</interface>"""
DEFINED_XML = f"""\
<interface type='network'>
  <mac address='{MAC}'/>
  <source network='default'/>
  <model type='virtio'/>
  <address type='pci' slot='0x02'/>
</interface>"""
EDIT = GuestEdit(
    "ifupdown",
    "eth0",
    (FileEdit("/etc/network/interfaces", b"iface eth0 inet dhcp\n", b"static\n", 0o644),),
    (("ifdown", "eth0"),),
    (("ifup", "eth0"),),
)
Row = dict[str, Any]


def params(**other: object) -> Params:
    """The host's parameters, with one guest."""
    return fakes.params(**{"guests": ({"name": NAME, "address": ADDRESS},), **other})


def tap(**other: object) -> Row:
    """The guest's NIC as the taps table has it."""
    base = {"guest": NAME, "mac": MAC, "type": "network", "source": "default", "target": TAP}
    xml = {"live_xml": NIC_XML, "defined_xml": DEFINED_XML, "defined_source": "default"}
    return {**base, **xml, "model": "virtio", **other}


def moved_tap(**other: object) -> Row:
    """The same on the LAN."""
    return tap(source="routed", defined_source="routed", **other)


def seen(tap_row: Row | None = None, **tables: list[Row]) -> Snapshot:
    """A host that has its address on the bridge, and that guest."""
    row = tap_row or tap()
    bridge = "virbr1" if row["source"] == "routed" else "virbr0"
    usual = {
        "links": [
            fakes.link("enp4s0f0", mac=fakes.NIC_MAC, master="virbr1"),
            fakes.link("virbr1", kind="bridge", mac="52:54:00:00:00:aa"),
            fakes.link(TAP, kind="tun", mac="fe:54:00:00:00:01", master=bridge),
        ],
        "bridge_ports": [{"bridge": "virbr1", "port": "enp4s0f0", "state": "forwarding"}],
        "addresses": [fakes.address("virbr1", fakes.ADDRESS)],
        "networks": [
            {"name": "routed", "bridge": "virbr1", "active": True, "persistent": True},
            {"name": "default", "bridge": "virbr0", "active": True, "persistent": True},
        ],
        "guests": [{"name": NAME, "state": "running", "autostart": True}],
        "taps": [row],
    }
    return snapshot(**{**usual, **tables})


def target(asked: Params, before: Snapshot, **other: object) -> Target:
    """The guest as the plan has it, an edit at hand but for `other`."""
    guest: Guest = asked.guests[0]
    nic = facts.nic(asked, guest, before)
    desired = facts.desired(asked, guest, before)
    usual = {"offer": GuestOffer(guest.name, "serial console"), "edit": EDIT}
    return Target(guest, nic, desired, **{**usual, **other})  # type: ignore[arg-type] # by name


def plan(before: Snapshot, asked: Params | None = None, **other: object) -> Plan:
    """The plan for it."""
    wanted = asked or params()
    return procedure.make_plan(wanted, (target(wanted, before, **other),), before)


def case(before: Snapshot | None = None, asked: Params | None = None, **other: object) -> GuestCase:
    """What preflight looks at."""
    there, wanted = before or seen(), asked or params()
    found = target(wanted, there, **other)
    drawn = procedure.make_plan(wanted, (found,), there)
    return GuestCase(wanted, drawn, there, fakes.GOOD, (found,))
