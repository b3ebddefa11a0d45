from __future__ import annotations

import struct
from ipaddress import ip_address
from socket import AF_INET, AF_INET6, inet_ntop

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import attribute

from runbook.state.address_texts import addresses, in_text_order, prefixes
from runbook.state.batches import Batch, Cells, batches

BYTES: dict[int, int] = {AF_INET: 4, AF_INET6: 16}
octets = st.one_of(st.sampled_from([0, 1, 9, 10, 19, 99, 100, 101, 199, 255]), st.integers(0, 255))
families = st.sampled_from([*BYTES])


def raw(family: int) -> st.SearchStrategy[list[bytes]]:
    size = BYTES[family]
    return st.lists(st.lists(octets, min_size=size, max_size=size).map(bytes), min_size=1)


def cells(values: list[bytes]) -> Cells:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)


@given(families.flatmap(lambda family: st.tuples(st.just(family), raw(family))))
def test_an_address_is_the_text_that_the_system_gives_it(told: tuple[int, list[bytes]]) -> None:
    family, values = told
    assert addresses(family, cells(values)) == [inet_ntop(family, value) for value in values]


@given(
    families.flatmap(lambda family: st.tuples(st.just(family), raw(family))),
    st.integers(0, 128),
)
def test_a_prefix_is_its_address_with_its_length(told: tuple[int, list[bytes]], bits: int) -> None:
    family, values = told
    lengths = np.arange(bits, bits + len(values)).astype(np.uint8)
    found = prefixes(family, cells(values), lengths)
    told_lengths = zip(values, lengths.tolist(), strict=True)
    assert found == [f"{inet_ntop(family, value)}/{length}" for value, length in told_lengths]


@pytest.mark.parametrize(("family", "size"), [(AF_INET, 3), (AF_INET, 16), (AF_INET6, 4), (2, 0)])
def test_an_address_of_a_strange_size_is_an_error(family: int, size: int) -> None:
    odd = np.zeros((2, size), np.uint8)
    with pytest.raises(ValueError, match="invalid length"):
        addresses(family, odd)
    with pytest.raises(ValueError, match="invalid length"):
        prefixes(family, odd, np.zeros(2, np.uint8))


def batch(family: int, values: list[bytes]) -> Batch:
    bodies = [bytes([family]).ljust(12, b"\0") + attribute(1, value) for value in values]
    heads = (struct.pack("=IHHII", 16 + len(body), 24, 2, 1, 0) for body in bodies)
    dump = b"".join(head + body for head, body in zip(heads, bodies, strict=True))
    (found,) = batches(dump, 24, 12)
    return found


@given(raw(AF_INET))
def test_the_order_is_that_of_the_texts(values: list[bytes]) -> None:
    found = in_text_order(batch(AF_INET, values), 1)
    assert addresses(AF_INET, found.cells(1)) == sorted(str(ip_address(value)) for value in values)
    assert prefixes(AF_INET, found.cells(1), np.full(len(values), 24, np.uint8)) == sorted(
        f"{ip_address(value)}/24" for value in values
    )


@given(raw(AF_INET6))
def test_those_of_ipv6_come_in_the_order_of_their_bytes(values: list[bytes]) -> None:
    found = in_text_order(batch(AF_INET6, values), 1)
    assert [row.tobytes() for row in found.cells(1)] == sorted(values)


@pytest.mark.parametrize(("family", "size"), [(AF_INET, 16), (AF_INET6, 4)])
def test_an_address_of_a_strange_size_stays_in_its_order(family: int, size: int) -> None:
    odd = batch(family, [bytes([2]) * size, bytes(size)])
    assert in_text_order(odd, 1).cells(1)[0, 0] == 2


def test_what_has_no_such_attribute_stays_in_its_order() -> None:
    four = batch(AF_INET, [bytes([2] * 4), bytes(4)])
    assert in_text_order(four, 7).cells(1)[0, 0] == 2
