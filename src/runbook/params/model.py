"""The parameters themselves: names, types, defaults, and what must fit together."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from runbook.params import addresses, fields
from runbook.params.access import KnownHost
from runbook.params.fields import Wrong
from runbook.params.guests import Guest, Switch, all_different, listed

Ifname = Annotated[str, AfterValidator(fields.ifname)]
Bridge = Annotated[str, AfterValidator(fields.bridge)]
Probe = Annotated[str, AfterValidator(addresses.probe)]
Consent = Annotated[str, AfterValidator(fields.consent)]


class Params(KnownHost):
    """Final values for one host; `sources` says where each came from."""

    mode: Literal["plan", "apply"] = "apply"
    interface: Ifname
    address: Annotated[str, AfterValidator(addresses.address)]
    gateway: Annotated[str, AfterValidator(addresses.gateway)]
    network: Annotated[str, AfterValidator(fields.network)] = "routed"
    bridge: Bridge = "virbr1"
    attach: Switch = False
    adopt: Ifname | None = None
    bridge_mac: Annotated[str, AfterValidator(fields.bridge_mac)] = "own"
    addressing: Literal["copy", "keep"] = "copy"
    stp: Switch = True
    dns: Switch = False
    forward: Literal["nat", "open"] = "nat"
    firewall: Literal["keep", "accept", "drop"] = "keep"
    rules: Annotated[str, AfterValidator(fields.rules)] | None = None
    consent: Annotated[tuple[Consent, ...], BeforeValidator(listed)] = ()
    probes: Annotated[tuple[Probe, ...], BeforeValidator(listed)] = ()
    deadline_s: Annotated[int, Field(ge=5, le=3600)] | None = None
    reboot: Literal["none", "rehearse"] = "none"
    approval: Literal["operator", "other", "signed"] = "operator"
    sign_with: Annotated[str, AfterValidator(fields.key_file)] | None = None
    guests: Annotated[tuple[Guest, ...], BeforeValidator(listed)] = ()
    # What the file that `rules` names holds; read along with the host's own file.
    rules_text: str | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        """Refuse values that are right one by one and wrong together."""
        _gateway_elsewhere(self.ipv4, IPv4Address(self.gateway))
        _probes_elsewhere(self.ipv4, self.probes)
        if self.bridge == self.interface:
            raise Wrong(
                "the bridge cannot be the interface that joins it",
                "give the bridge a name of its own, e.g. virbr1",
                "bridge",
            )
        _recorded(self)
        _attached(self)
        _adopted(self)
        _no_reboot_of_guests(self)
        all_different(self.guests)
        _guests_elsewhere(self.ipv4, IPv4Address(self.gateway), self.guests)
        return self

    @property
    def holder(self) -> str:
        """The interface that has the address before the change."""
        return self.adopt or self.interface

    @property
    def ipv4(self) -> IPv4Interface:
        """The host's address with its network."""
        return IPv4Interface(self.address)


# What is excluded from a dump was read or derived, and cannot be asked for.
NAMES: tuple[str, ...] = tuple(
    name for name, field in Params.model_fields.items() if not field.exclude
)


def _gateway_elsewhere(host: IPv4Interface, router: IPv4Address) -> None:
    """Check that the gateway is another machine.

    It may lie outside the address's network (a /32, or a route with `onlink`). Preflight compares
    it with the host's default route.
    """
    lan = host.network
    fix = f"give the physical router's address in {lan}, or fix `address`"
    if router == host.ip:
        raise Wrong("the gateway is the host itself; it must be the router", fix, "gateway")
    if router in (lan.network_address, lan.broadcast_address):
        raise Wrong(f"no host can hold this address of {lan}", fix, "gateway")


def _probes_elsewhere(host: IPv4Interface, probes: tuple[str, ...]) -> None:
    """Refuse a probe of the host itself: it would pass with the cable cut."""
    for probe in probes:
        if probe.partition(":")[0] == str(host.ip):
            raise Wrong(
                f"the probe {probe!r} is the host's own address and would always pass",
                "probe the router and something beyond it",
                "probes",
            )


def _guests_elsewhere(host: IPv4Interface, router: IPv4Address, guests: tuple[Guest, ...]) -> None:
    """Refuse the host's own address, and the router's, for a guest."""
    taken = {host.ip: "the host", router: "the router"}
    for number, guest in enumerate(guests, start=1):
        if whose := taken.get(guest.ipv4.ip):
            raise Wrong(
                f"{guest.ipv4.ip} is the address of {whose}, so guest {guest.name} cannot have it",
                f"give the guest an address of its own in {host.network}",
                f"guests[{number}].address",
            )


def _no_reboot_of_guests(params: Params) -> None:
    """Refuse a reboot that would end the guests of a change in the middle of it."""
    if params.guests and params.reboot == "rehearse":
        raise Wrong(
            "a reboot is for a change of the host alone, and `guests` names guests",
            "leave `reboot` out, or change the guests in a run of their own",
            "reboot",
        )


def _attached(params: Params) -> None:
    """Check that nothing is asked of the firewall where a network alone is defined."""
    if params.attach and params.addressing == "keep":
        raise Wrong(
            "with `attach` the bridge and its DHCP client stay as they are",
            "take `addressing` out, or take `attach` out",
            "addressing",
        )
    if params.attach and (params.firewall != "keep" or params.rules is not None):
        raise Wrong(
            "with `attach` runbook defines a libvirt network and changes no firewall rule",
            "take `firewall` and `rules` out, or take `attach` out",
            "firewall" if params.firewall != "keep" else "rules",
        )


def _adopted(params: Params) -> None:
    """Check that another bridge is meant, and that nothing is asked that was not tried with one."""
    if params.adopt is None:
        return
    if params.attach:
        raise Wrong(
            "`attach` leaves the bridge as it is, and `adopt` puts libvirt's own in its place",
            "take one of the two out",
            "adopt",
        )
    if params.adopt in (params.bridge, params.interface):
        raise Wrong(
            f"{params.adopt} is the bridge that is there already, and not libvirt's or its port",
            "give `bridge` a name that no interface has, e.g. virbr1, and `interface` the port",
            "adopt",
        )
    if params.addressing == "keep":
        raise Wrong(
            "a DHCP client that goes on on an adopted bridge's successor was not tried",
            "take `addressing` out: the lease becomes a static address",
            "addressing",
        )


def _recorded(params: Params) -> None:
    """Check that a rehearsal plans only."""
    if params.connect == "recorded" and params.mode != "plan":
        raise Wrong(
            "a recorded host can only be planned (mode: plan)",
            "say mode: plan, or give `connect` a way to a real host",
            "mode",
        )
