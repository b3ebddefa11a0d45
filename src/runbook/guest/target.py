"""One guest of a plan: what is asked for it, its NIC, what it offers, the edit inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runbook.guest import facts
from runbook.guest.configure.edit import edit
from runbook.guest.configure.guest_edit import Declined, DesiredNetwork, GuestEdit
from runbook.guest.facts import Nic
from runbook.params import Params
from runbook.params.guests import Guest
from runbook.state.guest.inside import Inside
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class GuestOffer:
    """What a guest offers: the way inside ('' for none), its state there, what was tried.

    `answers` are the MACs that answered by ARP for the address that the guest is to have.
    `heard` is the address at which it answers another subnet now, '' for none.
    """

    guest: str
    way: str = ""
    inside: Inside | None = None
    tried: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One guest of the plan; `edit` is what is done inside it, None where nobody was inside."""

    guest: Guest
    nic: Nic
    desired: DesiredNetwork
    offer: GuestOffer
    edit: GuestEdit | Declined | None

    @property
    def there_already(self) -> bool:
        """Whether nothing is to be done inside."""
        if isinstance(self.edit, GuestEdit):
            return not self.edit.files
        return self.guest.by_hand and self.offer.answers == (self.nic.mac,)


def targets(
    params: Params, guests: tuple[Guest, ...], snapshot: Snapshot, offers: Mapping[str, GuestOffer]
) -> tuple[Target, ...]:
    """Each guest with all that the plan needs; raises ParameterError where a name is wrong."""
    return tuple(_target(params, guest, snapshot, offers[guest.name]) for guest in guests)


def _target(params: Params, guest: Guest, snapshot: Snapshot, offer: GuestOffer) -> Target:
    desired = facts.desired(params, guest, snapshot)
    result = edit(offer.inside, desired) if offer.inside else None
    return Target(guest, facts.nic(params, guest, snapshot), desired, offer, result)
