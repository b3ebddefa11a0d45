from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes

from runbook.common import serial
from runbook.plan import plan
from runbook.plan.routed.procedure import make_plan
from runbook.state.host.operator_connection import Connection

RULES = "*nat\n:own - [0:0]\n-A POSTROUTING -j own\nCOMMIT\n"


@dataclass(frozen=True)
class Leaf:
    value: object


@dataclass(frozen=True)
class Other:
    value: object


plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.floats(allow_nan=False)
)
values = st.recursive(
    plain, lambda inner: st.one_of(st.tuples(inner, inner), st.builds(Leaf, inner))
)


@given(values)
def test_the_same_value_is_the_same_text_and_that_text_is_json(value: object) -> None:
    text = serial.dumps(value)
    assert text == serial.dumps(value)
    json.loads(text)


@given(values)
def test_a_value_of_another_type_is_another_text(value: object) -> None:
    assert serial.dumps(Leaf(value)) != serial.dumps(Other(value))


@given(values)
def test_what_is_written_is_read_back_as_it_was(value: object) -> None:
    assert serial.loads(serial.dumps(value), [Leaf]) == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", '{"is": "Popen"}', '{"is": "Leaf"}', '{"is": "Leaf", "value": 1, "other": 2}',
     '{"is": "bytes"}', '{"is": "bytes", "base64": "?"}', '{"is": ["Leaf"]}', "[" * 9999],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_a_text_that_is_damaged_or_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        serial.loads(text, [Leaf])


@dataclass(frozen=True)
class Grown:
    name: str
    more: str = field(default="", metadata=serial.LATER)


def test_a_field_that_a_later_version_added_is_written_only_if_it_says_more() -> None:
    assert "more" not in serial.dumps(Grown("a"))
    for value in (Grown("a"), Grown("a", "b")):
        assert serial.loads(serial.dumps(value), (Grown,)) == value


@given(st.binary())
def test_bytes_and_the_text_of_them_are_told_apart(value: bytes) -> None:
    assert serial.dumps(value) != serial.dumps(value.decode(errors="replace"))


def test_an_address_keeps_its_length() -> None:
    assert serial.plain(IPv4Interface("10.0.0.1/8")) == "10.0.0.1/8"


@pytest.mark.parametrize("value", [{}, {1}, object(), Leaf])
def test_what_has_no_order_of_its_own_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no JSON form"):
        serial.dumps(value)


def test_each_part_of_a_plan_is_in_its_text() -> None:
    plan = make_plan(fakes.params(), fakes.seen())
    text = serial.dumps(plan)
    for other in (
        replace(plan, host="elsewhere"),
        replace(plan, changes=plan.changes[1:]),
        replace(plan, changes=plan.changes[::-1]),
        replace(plan, deadline_override_s=5),
        replace(plan, snapshot_digest="0"),
        replace(plan, promise=replace(plan.of_host, stp=False)),
    ):
        assert serial.dumps(other) != text


@pytest.mark.parametrize(
    "drawn",
    [
        make_plan(fakes.params(), fakes.seen()),
        make_plan(fakes.params(stp=False, deadline_s=7), fakes.seen(**fakes.demanding())),
        make_plan(
            fakes.params(firewall="drop", rules="x.rules", rules_text=RULES),
            fakes.seen(**fakes.demanding()),
            Connection("10.99.0.2", 50000, fakes.IP, 22),
        ),
    ],
    ids=["standard", "demanding", "firewall"],
)
def test_a_plan_comes_back_the_same_and_can_be_carried_out(drawn: plan.Plan) -> None:
    back = plan.loads(serial.dumps(drawn))
    assert back == drawn
    assert back.digest == drawn.digest
    assert back.undo_steps() == drawn.undo_steps()
    assert [n.step.describe() for n in back.steps()] == [n.step.describe() for n in drawn.steps()]


def test_what_is_no_plan_or_a_plan_of_another_format_is_refused() -> None:
    drawn = make_plan(fakes.params(), fakes.seen())
    for other in (drawn.promise, replace(drawn, format_version=99), "plan"):
        with pytest.raises(ValueError, match="no plan of format 1"):
            plan.loads(serial.dumps(other))


def test_each_kind_of_change_and_step_has_a_name_of_its_own() -> None:
    names = [kind.__name__ for kind in plan.kinds()]
    assert {"HoldTracking", "WarmUp", "Netlink", "Plug"} <= set(names)
    assert len(names) == len(set(names))
