"""What comes in for an interface goes by the pair of veth while it becomes a port."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from tests.unit import fakes

from runbook.apply.steps.hand_over import RULE
from runbook.apply.steps.perform import perform
from runbook.common.errors import GateClosed, StepFailed
from runbook.plan.changes.messages import LinkMaster
from runbook.plan.changes.steps import GatedNetlink
from runbook.transport.host import Completed

JOINS = GatedNetlink((LinkMaster(fakes.NIC, fakes.BRIDGE),), first=1, joining=fakes.NIC)
PAIR, RULED = "run ip -batch -", "run nft -f -"
RULE_AWAY = "run nft delete table netdev rbcarrier"
Answer = Callable[[Sequence[str]], Completed | None]


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


def answers_nft(how: Callable[[], Completed]) -> Answer:
    return lambda argv: how() if argv[0] == "nft" else None


def missing() -> Completed:
    return Completed((), 127, b"", b"no such program")


def hangs() -> Completed:
    raise StepFailed("nft did not end", host="server-01", state="", then="")


def test_the_rule_is_there_before_it_joins_and_gone_after_it(host: fakes.FakeHost) -> None:
    perform(JOINS, host)
    assert host.events == [PAIR, RULED, "netlink 1", RULE_AWAY]


@pytest.mark.parametrize("how", [missing, hangs])
def test_a_host_without_it_joins_all_the_same(
    host: fakes.FakeHost, how: Callable[[], Completed]
) -> None:
    host.answers.insert(0, answers_nft(how))
    perform(JOINS, host)
    assert "netlink 1" in host.events


def test_where_the_pair_cannot_be_made_ready_nothing_goes_by_it(host: fakes.FakeHost) -> None:
    def refuses(argv: Sequence[str]) -> Completed | None:
        return Completed((), 1, b"", b"") if argv[0] == "ip" else None

    host.answers.insert(0, refuses)
    perform(JOINS, host)
    assert RULED not in host.events
    assert "netlink 1" in host.events


def test_the_bridge_learns_nothing_from_the_pair(host: fakes.FakeHost) -> None:
    """Learnt there, a neighbour would be sent to by the pair, and hear nothing."""
    batches: list[bytes] = []
    run = host.execute

    def execute(argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        batches.append(stdin)
        return run(argv, stdin=stdin, timeout=timeout)

    vars(host)["execute"] = execute
    perform(JOINS, host)
    assert b"rbcarrier0 type bridge_slave learning off" in batches[0]
    assert b"rbcarrier0 mtu 0 address 02:00:00:00:01:01" in batches[0]


def test_once_the_undo_has_begun_nothing_more_is_written(host: fakes.FakeHost) -> None:
    def closed() -> Completed:
        raise GateClosed("the undo has begun", host="server-01", state="", then="")

    host.answers.insert(0, answers_nft(closed))
    with pytest.raises(GateClosed):
        perform(JOINS, host)
    assert "netlink 1" not in host.events


def test_a_rule_that_is_left_behind_ends_by_itself() -> None:
    """With the pair of veth gone, it would drop what comes in."""
    assert "timeout {seconds}s" in RULE
    assert "flags timeout" in RULE
