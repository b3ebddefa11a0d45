from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit import fakes

from runbook.common.errors import ReadFailed
from runbook.state.host.probes import TRIES, probe
from runbook.transport.host import Completed

BEYOND, SERVICE = "10.99.0.2", "10.99.0.3:443"


class Network:
    """Answers pings and connections, after as many tries as it is told to lose."""

    def __init__(self, *reachable: str, loses: int = 0, status: int = 1) -> None:
        self.reachable = reachable
        self.loses = loses
        self.status = status
        self.asked: list[str] = []

    def __call__(self, argv: Sequence[str]) -> Completed:
        target = argv[-1] if argv[0] == "ping" else ":".join(argv[-2:])
        self.asked.append(target)
        answers = target in self.reachable and self.asked.count(target) > self.loses
        return Completed(tuple(argv), 0 if answers else self.status, b"", b"")


def host(network: Network) -> fakes.FakeHost:
    return fakes.FakeHost(answers=[network])


def test_the_gateway_is_always_asked_and_each_target_once() -> None:
    targets = (BEYOND, fakes.GATEWAY, SERVICE, BEYOND)
    there = Network(fakes.GATEWAY, BEYOND, SERVICE)
    found = probe(host(there), fakes.GATEWAY, targets, fakes.NIC)
    assert [p.target for p in found.probes] == [fakes.GATEWAY, BEYOND, SERVICE]
    assert found.answered() == {fakes.GATEWAY, BEYOND, SERVICE}
    assert found.gateway_sees == fakes.NIC_MAC
    assert there.asked == [fakes.GATEWAY, BEYOND, SERVICE]


def test_a_target_that_is_silent_is_asked_again_and_then_given_up() -> None:
    there = Network(fakes.GATEWAY)
    found = probe(host(there), fakes.GATEWAY, (BEYOND,), fakes.NIC)
    assert found.answered() == {fakes.GATEWAY}
    assert there.asked.count(BEYOND) == TRIES


def test_one_lost_packet_is_no_failure() -> None:
    there = Network(fakes.GATEWAY, loses=TRIES - 1)
    assert probe(host(there), fakes.GATEWAY, (), fakes.NIC).answered() == {fakes.GATEWAY}


@pytest.mark.parametrize(("target", "program"), [(BEYOND, "ping"), (SERVICE, "python3")])
def test_without_the_program_nothing_is_taken_for_silence(target: str, program: str) -> None:
    with pytest.raises(ReadFailed, match=f"no {program}"):
        probe(host(Network(status=127)), target, (), fakes.NIC)


def test_an_ipv6_gateway_is_pinged_a_link_local_one_by_who_holds_the_addresses() -> None:
    there = Network("fd16::1", f"fe80::1%{fakes.BRIDGE}")
    targets = ("fd16::1", "fe80::1")
    found = probe(host(there), fakes.GATEWAY, targets, fakes.NIC, fakes.BRIDGE)
    assert found.answered() == set(targets)
    there = Network(f"fe80::1%{fakes.NIC}")
    assert probe(host(there), fakes.GATEWAY, ("fe80::1",), fakes.NIC).answered() == {"fe80::1"}


def test_nothing_is_written() -> None:
    there = host(Network(fakes.GATEWAY))
    probe(there, fakes.GATEWAY, (BEYOND,), fakes.NIC)
    assert there.events == []
