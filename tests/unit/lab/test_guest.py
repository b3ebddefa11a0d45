"""Where a host's guests are, when nobody says."""

from __future__ import annotations

import pytest

from runbook.common.errors import LabError
from runbook.lab import guest
from runbook.lab.guest import Defined
from runbook.lab.names import address, host_name

HOSTS = [host_name(number) for number in range(1, 251)]
NETWORKS = ("default", "routed")


def given(address_of: str) -> Defined:
    return Defined("web", "quick", "running", "default", address_of, "52:54:00:00:00:01")


def test_a_host_that_has_given_away_every_address_asks_for_one() -> None:
    taken = [given(str(guest.place("server-01", "default", k + 1)[0])) for k in range(guest.MOST)]
    with pytest.raises(LabError, match="addresses already") as caught:
        guest.free_place("server-01", "default", taken)
    assert "--address" in caught.value.then


def test_no_two_guests_of_the_lan_share_an_address_with_each_other_or_a_host() -> None:
    numbers = range(1, guest.MOST + 1)
    routed = {guest.place(host, "routed", number)[0].ip for host in HOSTS for number in numbers}
    assert len(routed) == len(HOSTS) * guest.MOST
    assert not {str(each) for each in routed} & {address(host) for host in HOSTS}


@pytest.mark.parametrize("network", NETWORKS)
def test_every_address_reaches_its_gateway(network: str) -> None:
    for number in (1, guest.MOST):
        at, gateway = guest.place("server-250", network, number)
        assert gateway in at.network
        assert at.ip not in (gateway, at.network.broadcast_address)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_next_guest_gets_the_first_address_that_no_other_was_given(network: str) -> None:
    first, second, third = (guest.place("server-01", network, number) for number in (1, 2, 3))
    assert guest.free_place("server-01", network, []) == first
    stranger, other = given(""), given(str(third[0]))
    assert guest.free_place("server-01", network, [given(str(first[0])), stranger, other]) == second


def test_an_address_that_is_still_lent_to_a_guest_that_was_removed_is_no_other_s() -> None:
    first, second = (guest.place("server-01", "default", number) for number in (1, 2))
    leased = frozenset({str(first[0])})
    assert guest.free_place("server-01", "default", [], leased) == second
