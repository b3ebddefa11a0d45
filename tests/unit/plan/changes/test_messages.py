from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.plan.changes.messages import (
    FAR_END_S,
    Action,
    Address,
    BridgeOption,
    LinkMaster,
    Message,
    Neighbour,
    Route,
)

NIC = "enp4s0f0"
DHCP = Address(Action.ENSURE, NIC, "172.16.1.1", 16, "172.16.255.255", NIC, True, 60, 30)  # noqa: FBT003
DHCP_LINE = (
    "address replace 172.16.1.1/16 dev enp4s0f0 broadcast 172.16.255.255"
    " label enp4s0f0 noprefixroute valid_lft 60 preferred_lft 30"
)
FULL = Route(
    *(Action.ENSURE, "10.0.0.0/8", NIC, "172.16.0.1", "172.16.1.1", 7, "static", "global"),
    metric=50,
    tos=16,
    onlink=True,
    mtu=1400,
)
FULL_LINE = (
    "route replace 10.0.0.0/8 via 172.16.0.1 dev enp4s0f0 table 7 proto static"
    " scope global src 172.16.1.1 metric 50 tos 16 mtu 1400 onlink"
)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (LinkMaster(NIC, "virbr1"), "link set dev enp4s0f0 master virbr1"),
        (LinkMaster(NIC, ""), "link set dev enp4s0f0 nomaster"),
        (BridgeOption("virbr1", "stp_state", 0), "link set dev virbr1 type bridge stp_state 0"),
        (
            Address(Action.ENSURE, NIC, "172.16.1.1", 16),
            "address replace 172.16.1.1/16 dev enp4s0f0",
        ),
        (
            DHCP,
            DHCP_LINE,
        ),
        (
            Address(Action.DELETE, NIC, "172.16.1.1", 16, "172.16.255.255", NIC),
            "address del 172.16.1.1/16 dev enp4s0f0",
        ),
        (
            Route(Action.DELETE, "default", NIC),
            "route del default dev enp4s0f0 table 254 proto boot scope global",
        ),
        (
            FULL,
            FULL_LINE,
        ),
        (
            Address(Action.ENSURE, NIC, "fd16::1:1", 64, nodad=True, deprecated=True),
            "address replace fd16::1:1/64 dev enp4s0f0 nodad valid_lft forever preferred_lft 0",
        ),
        (
            Route(Action.ENSURE, "::/0", NIC, "fe80::1", expires_s=60, pref="high", protocol="ra"),
            "route replace ::/0 via fe80::1 dev enp4s0f0 table 254 proto ra expires 60 pref high",
        ),
        (
            Route(Action.DELETE, "::/0", NIC, "fe80::1", metric=1025, expires_s=60, pref="high"),
            "route del ::/0 via fe80::1 dev enp4s0f0 table 254 proto boot metric 1025",
        ),
        (
            Neighbour(NIC, "172.16.0.1", "02:00:00:00:00:01"),
            "neighbour replace 172.16.0.1 lladdr 02:00:00:00:00:01 dev enp4s0f0 nud stale",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_message_is_a_line_of_ip(message: Message, line: str) -> None:
    assert " ".join(message.words()) == line


@given(st.integers(1, 2**32 - 2), st.integers(0, 2**32 - 2))
def test_an_address_that_was_lent_is_never_given_back_for_ever(valid: int, preferred: int) -> None:
    lent = Address(
        Action.ENSURE, NIC, "172.16.1.1", 16, valid_lft_s=valid, preferred_lft_s=preferred
    )
    assert lent.words()[-4:] == ("valid_lft", str(valid), "preferred_lft", str(preferred))
    back = lent.until_renewed()
    assert "forever" not in back.words()
    assert back.valid_lft_s == back.preferred_lft_s == FAR_END_S


def test_an_address_without_an_end_comes_back_without_one() -> None:
    own = Address(Action.DELETE, NIC, "172.16.1.1", 16)
    assert own.until_renewed() == replace(own, action=Action.ENSURE)
