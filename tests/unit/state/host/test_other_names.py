"""Other names of the NIC, and patterns that fit it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from tests.unit.fakes import FakeHost

from runbook.state.host.other_names import altnames, called, patterns
from runbook.transport.host import Completed

NIC = "enp4s0f0"


def test_the_kernel_s_other_names_are_read() -> None:
    def answer(argv: Sequence[str]) -> Completed:
        text = (
            f"2: {NIC}: <UP> mtu 1500 \\    link/ether 02::1 \\    altname wan\\    altname ens3\n"
        )
        return Completed(tuple(argv), 0, text.encode(), b"")

    assert altnames(FakeHost(answers=[answer]), NIC) == ("wan", "ens3")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("interface=en*", f"interface={NIC}"),
        ('iifname "enp*" accept', f'iifname "{NIC}" accept'),
        ("iptables -A INPUT -i en+ -j ACCEPT", f"iptables -A INPUT -i {NIC} -j ACCEPT"),
        ("ip addr show wan", f"ip addr show {NIC}"),
    ],
)
def test_a_pattern_and_another_name_are_read_as_the_nic(text: str, meant: str) -> None:
    assert called(text, NIC, ("wan",)) == meant


@pytest.mark.parametrize(
    "text",
    [
        *("interface=eth*", "e*", "/srv/en*", "en*)", "en*|de*", "open*", "wan-list", "swan"),
        "en+([bcosxpP])*([^.]).inet6",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert called(text, NIC, ("wan",)) == text
    assert not re.search(patterns(NIC), text)
