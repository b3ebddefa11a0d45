from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.marshal import MarshalRtnl
from tests.unit import fakes

from runbook.apply.steps import netlink_bytes
from runbook.plan.changes.bridge_ports import Cutover
from runbook.plan.changes.messages import (
    Action,
    Address,
    BridgeOption,
    LinkMaster,
    Message,
    Neighbour,
    Route,
)
from runbook.plan.routed.procedure import make_plan
from runbook.state import routes
from runbook.transport.netlink import check

INDEXES = {"enp4s0f0": 2, "virbr1": 7, "rbcarrier0": 9}
NAMES = {number: name for name, number in INDEXES.items()}
octets = st.integers(0, 255)
ips = st.builds("{}.{}.{}.{}".format, st.integers(1, 223), octets, octets, octets)
ifnames = st.sampled_from(sorted(INDEXES))
some_routes = st.builds(
    Route,
    st.sampled_from(Action),
    st.one_of(st.just("default"), st.builds("{}/32".format, ips)),
    ifnames,
    gateway=st.one_of(st.just(""), ips),
    prefsrc=st.one_of(st.just(""), ips),
    table=st.integers(1, 2**32 - 1),
    protocol=st.sampled_from(["boot", "kernel", "static", "dhcp", "186"]),
    scope=st.sampled_from(["global", "link", "host"]),
    metric=st.integers(0, 2**32 - 1),
    tos=st.integers(0, 255),
    onlink=st.booleans(),
    mtu=st.integers(0, 65535),
)


def encoded(*messages: Message) -> bytes:
    return netlink_bytes.encode(messages, INDEXES.__getitem__)


def decoded(*messages: Message) -> list[Any]:
    return list(MarshalRtnl().parse(encoded(*messages)))


def attributes(message: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped library
    return {pair[0]: pair[1] for pair in message["attrs"]}


def headers(data: bytes) -> list[tuple[int, int, int]]:
    """Type, flags and sequence number of each message."""
    found, position = [], 0
    while position < len(data):
        length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data, position)
        found.append((kind, flags, sequence))
        position += length
    return found


@given(st.lists(some_routes, min_size=1, max_size=8))
def test_every_message_asks_for_its_own_ack_and_has_its_own_number(messages: list[Route]) -> None:
    data = encoded(*messages)
    assert len(check(data)) == len(messages)
    assert [sequence for _, _, sequence in headers(data)] == list(range(1, len(messages) + 1))
    assert all(flags & 0x5 == 0x5 for _, flags, _ in headers(data))


@given(some_routes)
def test_the_kernel_reads_the_route_that_was_meant(message: Route) -> None:
    data = bytearray(encoded(message))
    struct.pack_into("=H", data, 4, routes.RTM_NEWROUTE)
    (row,) = routes.parse(bytes(data), NAMES)
    for word in ("dst", "ifname", "gateway", "prefsrc", "table", "scope", "metric", "tos"):
        assert getattr(row, word) == getattr(message, word), word
    assert row.onlink == message.onlink
    assert (0 if not message.mtu else row.mtu) == message.mtu
    assert row.protocol == message.protocol
    assert row.type == "unicast"


@given(some_routes)
def test_a_route_is_made_or_replaced_and_is_deleted_only_when_that_is_meant(message: Route) -> None:
    ((kind, flags, _),) = headers(encoded(message))
    deletes = message.action is Action.DELETE
    assert kind == (netlink_bytes.RTM_DELROUTE if deletes else netlink_bytes.RTM_NEWROUTE)
    assert flags == (0x5 if deletes else 0x505)


def test_a_port_joins_its_bridge_and_leaves_it() -> None:
    join, leave = decoded(LinkMaster("enp4s0f0", "virbr1"), LinkMaster("enp4s0f0", ""))
    assert join["index"] == leave["index"] == INDEXES["enp4s0f0"]
    assert attributes(join)["IFLA_MASTER"] == INDEXES["virbr1"]
    assert attributes(leave)["IFLA_MASTER"] == 0


@pytest.mark.parametrize(
    ("option", "name"),
    [("stp_state", "IFLA_BR_STP_STATE"), ("forward_delay", "IFLA_BR_FORWARD_DELAY")],
)
def test_a_bridge_option_reaches_the_kernel_under_its_name(option: str, name: str) -> None:
    (message,) = decoded(BridgeOption("virbr1", option, 1))
    info = attributes(attributes(message)["IFLA_LINKINFO"])
    assert info["IFLA_INFO_KIND"] == "bridge"
    assert attributes(info["IFLA_INFO_DATA"])[name] == 1


def test_an_address_is_removed_by_what_identifies_it_and_put_back_with_all_it_had() -> None:
    held = Address(Action.DELETE, "enp4s0f0", "172.16.1.1", 16, "172.16.255.255", "enp4s0f0:1")
    put_back = replace(held, action=Action.ENSURE, noprefixroute=True)
    gone, back = decoded(held, put_back)
    assert (gone["header"]["type"], back["header"]["type"]) == (21, 20)
    for message in (gone, back):
        assert (message["prefixlen"], message["index"]) == (16, 2)
        assert attributes(message)["IFA_LOCAL"] == "172.16.1.1"
    assert set(attributes(gone)) == {"IFA_LOCAL", "IFA_ADDRESS"}
    assert attributes(back)["IFA_LABEL"] == "enp4s0f0:1"
    assert attributes(back)["IFA_BROADCAST"] == "172.16.255.255"
    assert attributes(back)["IFA_FLAGS"] & 0x200


SLAAC = Address(
    *(Action.ENSURE, "virbr1", "fd16::16:1ff:fe00:1", 64),
    valid_lft_s=3600,
    preferred_lft_s=1800,
    nodad=True,
    mngtmpaddr=True,
)


@pytest.mark.parametrize(
    ("address", "preferred", "valid"),
    [
        (SLAAC, 1800, 3600),
        (replace(SLAAC, deprecated=True, preferred_lft_s=0), 0, 3600),
        (
            replace(SLAAC, valid_lft_s=0, preferred_lft_s=0),
            netlink_bytes.FOREVER,
            netlink_bytes.FOREVER,
        ),
        (replace(SLAAC, valid_lft_s=0, deprecated=True), 0, netlink_bytes.FOREVER),
    ],
)
def test_an_ipv6_address_moves_with_what_it_has_still_to_live(
    address: Address, preferred: int, valid: int
) -> None:
    (message,) = decoded(address)
    assert (message["family"], message["prefixlen"], message["index"]) == (10, 64, 7)
    told = attributes(message)
    assert told["IFA_LOCAL"] == told["IFA_ADDRESS"] == "fd16::16:1ff:fe00:1"
    assert told["IFA_FLAGS"] == 0x102
    life = told["IFA_CACHEINFO"]
    assert (life["ifa_preferred"], life["ifa_valid"]) == (preferred, valid)


@pytest.mark.parametrize(("pref", "number"), [("high", 1), ("medium", None), ("low", 3)])
def test_an_ipv6_default_route_moves_with_its_lifetime_and_preference(
    pref: str, number: int | None
) -> None:
    route = Route(
        *(Action.ENSURE, "::/0", "virbr1", "fe80::1"),
        protocol="ra",
        metric=1025,
        expires_s=60,
        pref=pref,
    )
    (message,) = decoded(route)
    told = attributes(message)
    assert (message["family"], message["dst_len"], message["proto"]) == (10, 0, 9)
    assert "RTA_DST" not in told
    assert (told["RTA_GATEWAY"], told["RTA_PRIORITY"]) == ("fe80::1", 1025)
    assert told.get("RTA_PREF") == number
    assert struct.pack("=HHI", 8, 23, 60) in encoded(route)
    assert "RTA_EXPIRES" not in attributes(decoded(replace(route, action=Action.DELETE))[0])


def test_an_ipv6_neighbour_is_one_of_ipv6() -> None:
    (message,) = decoded(Neighbour("virbr1", "fe80::1", "02:00:00:00:ff:01"))
    assert (message["family"], attributes(message)["NDA_DST"]) == (10, "fe80::1")


def test_a_neighbour_is_known_at_once_and_still_verified() -> None:
    (message,) = decoded(Neighbour("virbr1", "172.16.0.1", "02:00:00:00:ff:01"))
    assert (message["ifindex"], message["state"]) == (7, 0x04)
    assert attributes(message)["NDA_DST"] == "172.16.0.1"
    assert attributes(message)["NDA_LLADDR"] == "02:00:00:00:ff:01"


def test_an_interface_that_is_not_there_is_not_encoded() -> None:
    with pytest.raises(KeyError):
        encoded(LinkMaster("enp9s0", "virbr1"))


def test_the_cutover_of_the_standard_host_is_five_messages_in_one_small_datagram() -> None:
    plan = make_plan(fakes.params(), fakes.seen())
    (step,) = (n.step for n in plan.steps("cutover"))
    assert isinstance(plan.steps("cutover")[0].change, Cutover)
    data = encoded(*getattr(step, "messages", ()))
    assert [kind for kind, _, _ in headers(data)] == [16, 24, 25, 25, 21]
    assert len(data) == 252
