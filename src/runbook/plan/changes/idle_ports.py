"""The step that has NICs which a bond does not use say nothing of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HushIdlePorts:
    """Have the NICs that these bonds (mode active-backup) do not use send no MLD report.

    When IPv6 forwarding is switched, each interface joins or leaves the groups of all routers. A
    NIC that the bond does not use reports that with the MAC of the host. The switch then sends to
    that NIC what is meant for the host, and the bond drops it. The kernel joins and leaves no group
    on an interface without IFF_MULTICAST. `on=False` gives it back to every NIC of the bonds.
    """

    bonds: tuple[str, ...]
    on: bool
    budget_s: float = 10.0

    def describe(self) -> str:
        word = "off" if self.on else "on"
        return (
            f"ip link set multicast {word}   # each NIC that {', '.join(self.bonds)} does not use"
        )
