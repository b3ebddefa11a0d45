from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import attribute

from runbook.state.batches import LAYOUTS, TOGETHER, Batch, batches, each, joined

KIND, FIXED = 24, 12
Told = tuple[int, dict[int, bytes]]


def message(family: int, told: dict[int, bytes], kind: int = KIND) -> bytes:
    body = bytes([family]).ljust(FIXED, b"\0")
    body += b"".join(attribute(number, value) for number, value in told.items())
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def taken_apart(raw: bytes, kinds: range) -> list[Told]:
    return [told for batch in batches(raw, KIND, FIXED) for told in _rows(batch, kinds)]


def _rows(batch: Batch, kinds: range) -> list[Told]:
    cells = zip(*(batch.each(kind, lambda value: value) for kind in kinds), strict=True)
    named = (zip(kinds, row, strict=True) for row in cells)
    return [(batch.family, {kind: v for kind, v in row if v is not None}) for row in named]


@pytest.mark.parametrize("length", range(FIXED))
def test_a_message_that_ends_in_its_fixed_part_is_refused_and_not_left_out(length: int) -> None:
    whole = message(2, {})
    short = struct.pack("=IHHII", 16 + length, KIND, 2, 1, 0) + bytes(length + -length % 4)
    for raw in (short, whole + short):
        with pytest.raises(ValueError, match="ends in its fixed part"):
            taken_apart(raw, range(1, 2))
    assert len(taken_apart(whole, range(1, 2))) == 1


layouts = st.dictionaries(st.integers(1, 8), st.binary(max_size=8), max_size=4)
messages = st.lists(st.tuples(st.sampled_from([2, 10]), layouts), max_size=40)


@given(messages)
def test_every_attribute_of_every_message_comes_out_as_it_went_in(told: list[Told]) -> None:
    raw = b"".join(message(*one) for one in told)
    found = taken_apart(raw, range(1, 9))
    assert sorted(map(repr, map(sortable, found))) == sorted(map(repr, map(sortable, told)))


def sortable(told: Told) -> tuple[int, list[tuple[int, bytes]]]:
    family, attributes = told
    return family, sorted(attributes.items())


def test_more_layouts_than_anybody_sends_are_read_one_message_after_the_other() -> None:
    told: list[Told] = [(2, {kind: b"abcd"}) for kind in range(1, 4 * LAYOUTS)]
    raw = b"".join(message(*one) for one in told)
    assert taken_apart(raw, range(1, 4 * LAYOUTS)) == told


def test_more_messages_than_are_read_at_once_all_come_out() -> None:
    count = TOGETHER // len(message(2, {1: bytes(4)})) + 3
    raw = b"".join(message(2, {1: struct.pack("=I", number)}) for number in range(count))
    values = [v for batch in batches(raw, KIND, FIXED) for v in batch.each(1, lambda value: value)]
    assert values == [struct.pack("=I", number) for number in range(count)]


def test_a_message_of_another_kind_is_left_out() -> None:
    assert not taken_apart(message(2, {1: b"x"}, kind=25), range(2))


@pytest.mark.parametrize("length", [0, 3, 200])
def test_an_attribute_that_is_cut_short_is_an_error(length: int) -> None:
    body = bytes(FIXED) + struct.pack("=HH", length, 1)
    raw = struct.pack("=IHHII", 16 + len(body), KIND, 2, 1, 0) + body
    with pytest.raises(ValueError, match="cut short"):
        taken_apart(raw, range(2))


@given(messages)
def test_a_number_of_each_message_comes_out_as_it_went_in(told: list[Told]) -> None:
    raw = b"".join(message(*one) for one in told)
    found = [n for batch in batches(raw, KIND, FIXED) for n in batch.each_number(0, "=u2", int)]
    assert sorted(found) == sorted(family for family, _ in told)


@given(
    st.lists(
        messages.map(lambda told: [[family for family, _ in told] for _ in range(2)]), max_size=4
    )
)
def test_columns_of_several_batches_stand_one_behind_the_other(
    parts: list[list[list[int]]],
) -> None:
    every = [number for first, _ in parts for number in first]
    assert joined(parts) == ([every, every] if parts else [])


def test_a_value_that_comes_again_is_worked_out_once() -> None:
    asked: list[int] = []
    assert each([1, 2, 1], lambda value: asked.append(value) or -value) == [-1, -2, -1]  # type: ignore[func-returns-value]
    assert sorted(asked) == [1, 2]
