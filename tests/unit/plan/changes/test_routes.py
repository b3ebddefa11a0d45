from __future__ import annotations

from ipaddress import IPv4Network, collapse_addresses

from hypothesis import given
from hypothesis import strategies as st

from runbook.plan.changes.messages import Action, Route
from runbook.plan.changes.routes import MakeRoom, delete, halves
from runbook.plan.changes.steps import Netlink

networks = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 31),
)


def connected(network: IPv4Network) -> Route:
    ensure = Action.ENSURE
    return Route(ensure, str(network), "enp4s0f0", prefsrc="172.16.1.1", metric=9, scope="link")


@given(networks)
def test_the_halves_are_the_whole_and_each_is_more_specific(network: IPv4Network) -> None:
    parts = [IPv4Network(half.dst) for half in halves(connected(network))]
    assert list(collapse_addresses(parts)) == [network]
    assert {part.prefixlen for part in parts} == {network.prefixlen + 1}
    for half in halves(connected(network)):
        assert (half.ifname, half.prefsrc, half.scope) == ("enp4s0f0", "172.16.1.1", "link")
        assert (half.action, half.metric) == (Action.ENSURE, 0)


@given(networks)
def test_there_is_never_a_moment_without_a_route(network: IPv4Network) -> None:
    change = MakeRoom(connected(network))
    for steps in (change.do(), change.undo()):
        (step,) = steps
        assert isinstance(step, Netlink)
        actions = [getattr(message, "action", None) for message in step.messages]
        assert actions == sorted(actions, key=lambda action: action is Action.DELETE)


def test_what_is_made_is_taken_away_and_what_is_taken_away_is_made() -> None:
    change = MakeRoom(connected(IPv4Network("172.16.0.0/16")))
    ((there,), (back,)) = change.do(), change.undo()
    assert isinstance(there, Netlink)
    assert isinstance(back, Netlink)
    low, high, gone = there.messages
    assert isinstance(low, Route)
    assert isinstance(high, Route)
    assert back.messages == (change.connected, delete(low), delete(high))
    assert gone == delete(change.connected)
