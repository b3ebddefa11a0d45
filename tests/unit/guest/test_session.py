"""What of a guest that was put back may be other than before: of a lease, its host's part."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from tests.unit import fakes, insides

from runbook.guest.session import Enter, GuestSession
from runbook.guest.undo import InsideState
from runbook.params.guests import Guest
from runbook.state.guest import reader
from runbook.state.guest.inside import Inside

CLIENT = ("dhclient -4 -pf /run/dhclient.eth0.pid eth0",)
LENT = insides.seen(dhcp_clients=CLIENT)


def found(before: Inside, after: Inside, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(reader, "read", lambda *_: after)
    guest = Guest(name="vm-01", address="172.16.1.10/16")
    slot = GuestSession(guest, cast("Enter", None), fakes.Time(), insides.MAC, before)
    return "; ".join(map(str, slot.differs(insides.LocalChannel(), InsideState.UNDONE)))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"addresses": ()}, "addresses in the guest"),
        ({"addresses": ("172.16.200.41/16",)}, "addresses in the guest"),
        ({"addresses": (*LENT.addresses, "192.168.122.9/24")}, "addresses in the guest"),
        ({"default_routes": ("172.16.0.1 eth0",)}, "default_routes in the guest"),
        ({"dhcp_clients": ()}, "DHCP client of eth0: was at work, is gone"),
        ({"dhcp_clients": ("udhcpc -i eth1",)}, "DHCP client of eth0: was at work, is gone"),
    ],
)
def test_a_lease_of_another_network_or_none_is_a_difference(
    other: dict[str, object], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = replace(LENT, **other)  # type: ignore[arg-type] # fields by name
    assert said in found(LENT, after, monkeypatch)


def test_another_nic_s_client_excuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ("udhcpc -i eth1",)
    before, after = (
        insides.seen(dhcp_clients=client, addresses=(address,))
        for address in ("192.168.122.50/24", "192.168.122.51/24")
    )
    assert "addresses in the guest" in found(before, after, monkeypatch)


def test_another_address_of_the_same_network_is_the_server_s_own_affair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    after = insides.seen(
        dhcp_clients=CLIENT, addresses=("192.168.122.77/24",), nameservers=("192.168.122.9",)
    )
    assert found(LENT, after, monkeypatch) == ""
