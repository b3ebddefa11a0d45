"""What is asked for one guest: its place on the LAN, and how to get inside."""

from __future__ import annotations

from ipaddress import IPv4Interface
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from runbook.params import addresses, fields
from runbook.params.fields import Wrong

# As many as the C library asks.
MOST_NAMESERVERS = 3
_WORDS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def switch(value: object) -> object:
    """`papermill -p stp on` arrives as text; the words that mean yes or no are taken."""
    return _WORDS.get(value.lower(), value) if isinstance(value, str) else value


def listed(value: object) -> object:
    """`papermill -p` knows no lists: 'a, b' is one. An item given twice is kept once."""
    items = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(items, list) and all(isinstance(item, str) for item in items):
        return tuple(dict.fromkeys(items))
    return tuple(items) if isinstance(items, list) else items


Switch = Annotated[bool, BeforeValidator(switch)]


class Guest(BaseModel):
    """One guest: `gateway` None is the host's, `nic` None is the NIC on network default.

    `nameservers` empty are those that the guest has.
    `wait_s`: how long, in seconds, a person may take who does by hand what is done inside.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: Annotated[str, AfterValidator(fields.guest)]
    address: Annotated[str, AfterValidator(addresses.address)]
    gateway: Annotated[str, AfterValidator(addresses.gateway)] | None = None
    login: Annotated[str, AfterValidator(fields.login)] = "root"
    login_from: Literal["prompt", "environment", "keyring"] | None = None
    nic: Annotated[str, AfterValidator(fields.guest_mac)] | None = None
    nameservers: Annotated[
        tuple[Annotated[str, AfterValidator(addresses.nameserver)], ...],
        BeforeValidator(listed),
        Field(max_length=MOST_NAMESERVERS),
    ] = ()
    by_hand: Switch = False
    wait_s: Annotated[int, Field(ge=5, le=3600)] = 600

    @property
    def ipv4(self) -> IPv4Interface:
        """Its address with its network."""
        return IPv4Interface(self.address)

    def __str__(self) -> str:
        """As the table of parameters shows it."""
        return f"{self.name} {self.address}"


GUEST_NAMES: tuple[str, ...] = tuple(Guest.model_fields)


def all_different(guests: tuple[Guest, ...]) -> None:
    """Refuse two entries for one guest."""
    names = [guest.name for guest in guests]
    for name in names:
        if names.count(name) > 1:
            fix = "write each guest once; a second NIC is a second run, with `nic`"
            raise Wrong(f"the guest {name} is in it more than once", fix, "guests")
