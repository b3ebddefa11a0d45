"""The end state of a host whose address is on a bridge that something else makes.

A libvirt network leads onto the bridge. Nothing of the bridge itself is changed, so what is
promised of it is what was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.plan.promise.check import Check, equal
from runbook.plan.promise.host import ON_THE_BRIDGE, REACH, Promise
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot

# libvirt's word for a network onto a bridge that it does not make.
FORWARD = "bridge"


@dataclass(frozen=True, slots=True)
class AttachedPromise(Promise):
    """The bridge as it is, and a libvirt network onto it."""

    @property
    def announcements(self) -> tuple[tuple[str, str], ...]:
        """No address moves."""
        return ()

    @property
    def purpose(self) -> tuple[str, ...]:
        """What the change is for, in lines."""
        return (
            f"The change defines libvirt network {self.network} onto {self.bridge}, the bridge",
            f"that has {self.address} already. It changes no interface and no address.",
        )

    @property
    def end_state(self) -> str:
        """The end state in a sentence."""
        return f"libvirt network {self.network} leads onto {self.bridge}"

    def checks(self, snapshot: Snapshot) -> tuple[Check, ...]:
        """Every check, in the order an operator would look."""
        groups = (*ON_THE_BRIDGE, _leads)
        return tuple(check for group in groups for check in group(self, snapshot))

    def reach(self, snapshot: Snapshot) -> tuple[Check, ...]:
        """The checks without which the host is not on the LAN, or not beyond its router."""
        return tuple(check for group in REACH for check in group(self, snapshot))


def _leads(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    row = snapshot.find(NetworkRow, promise.network)
    shown = f"{row.forward_mode or 'isolated'}: {row.bridge or 'no bridge'}" if row else ""
    yield equal(f"network {promise.network} leads onto", f"{FORWARD}: {promise.bridge}", shown)
