"""Proxy neighbours and multicast groups of the NIC, as `ip` prints them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.fakes import NIC, FakeHost

from runbook.state.host.nic_entries import NicEntries, read
from runbook.transport.host import Completed

PROXIES = f"172.16.9.9 dev {NIC}  proxy \n172.16.9.8 dev {NIC}1  proxy \n"
PROXIES6 = f"fd16::9 dev {NIC} proxy\n"
GROUPS = f"""\
2:\t{NIC}
\tlink  01:00:5e:00:00:01
\tlink  33:33:00:00:00:01 users 2
\tinet  239.9.9.9
\tinet  224.0.0.251
\tinet  224.0.0.1
\tinet6 ff02::1:ff00:101 users 2
\tinet6 ff05::1:3
\tinet6 ff02::1
\tinet6 ff01::1
"""


def test_entries_of_the_nic_are_told_from_those_of_others_and_of_the_kernel() -> None:
    def answer(argv: Sequence[str]) -> Completed:
        text = GROUPS if "maddress" in argv else PROXIES6 if "-6" in argv else PROXIES
        return Completed(tuple(argv), 0, text.encode(), b"")

    found = read(FakeHost(answers=[answer]), NIC)
    assert found == NicEntries(("172.16.9.9", "fd16::9"), ("239.9.9.9", "ff05::1:3"))


def test_an_ip_that_says_nothing_has_no_entries() -> None:
    def answer(argv: Sequence[str]) -> Completed:
        return Completed(tuple(argv), 1, b"", b"Device does not exist")

    assert read(FakeHost(answers=[answer]), NIC) == NicEntries()
