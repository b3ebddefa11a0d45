"""What is wrong with a guest's values, told while a person types them."""

from __future__ import annotations

import pytest
from tests.unit import fakes

from runbook.guest.rules.typed import unfit
from runbook.params.guests import Guest


def wrong(address: str, gateway: str | None = None) -> list[str]:
    guest = Guest(name="vm-01", address=address, gateway=gateway)
    return [f"{error.problem}; {error.then}" for error in unfit(fakes.params(), guest)]


@pytest.mark.parametrize(
    ("address", "gateway"),
    [
        ("172.16.1.10/16", None),
        ("172.16.1.10/24", "172.16.1.254"),
        ("172.20.7.10/32", "172.16.0.1"),
        ("172.16.1.10/32", "172.16.0.1"),
    ],
)
def test_values_that_fit_are_not_spoken_of(address: str, gateway: str | None) -> None:
    assert wrong(address, gateway) == []


def test_an_address_elsewhere_is_told_with_the_lan() -> None:
    (said,) = wrong("10.9.9.10/24", "10.9.9.1")
    assert "outside the LAN 172.16.0.0/16" in said


@pytest.mark.parametrize(
    ("address", "gateway", "then"),
    [
        ("172.16.1.10/24", None, "the LAN is 172.16.0.0/16"),
        ("172.20.7.10/32", None, "gateway: 172.16.0.1, if it is to be reached off the link"),
    ],
)
def test_a_gateway_off_the_link_that_nobody_asked_for(
    address: str, gateway: str | None, then: str
) -> None:
    (said,) = wrong(address, gateway)
    assert "not on the guest's link" in said
    assert then in said


def test_the_host_is_no_gateway() -> None:
    assert "it is the host" in wrong("172.16.1.10/16", "172.16.1.1")[0]
