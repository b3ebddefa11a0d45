from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from tests.unit.insides import WANTED, LocalChannel, seen

from runbook.inside import verify


@pytest.mark.parametrize(
    ("answering", "address", "required"),
    [
        ((), "172.16.1.10/16", False),
        # Libvirt's own dnsmasq, which is not reached from the LAN.
        (("192.168.122.1",), "172.16.1.10/16", False),
        (("192.168.122.1", "9.9.9.9"), "172.16.1.10/16", True),
        (("fd00::1",), "172.16.1.10/16", True),
        (("no address",), "172.16.1.10/16", True),
        (("192.168.122.1",), "192.168.122.9/24", True),
    ],
)
def test_a_name_server_has_to_answer_if_one_did_that_is_not_left_behind(
    tmp_path: Path, answering: tuple[str, ...], address: str, *, required: bool
) -> None:
    given = {"/etc/resolv.conf": str(tmp_path / "none"), "ping -c 1 -W 2": "true"}
    wanted = replace(WANTED, address=IPv4Interface(address))
    names = verify(LocalChannel(given=given), wanted, seen(answering=answering))[-1]
    assert (names.required, names.seen) == (required, "none is configured")


def test_a_name_server_has_to_answer_if_some_are_asked_for(tmp_path: Path) -> None:
    given = {"/etc/resolv.conf": str(tmp_path / "none"), "ping -c 1 -W 2": "true"}
    wanted = replace(WANTED, nameservers=("172.16.0.1",))
    names = verify(LocalChannel(given=given), wanted, seen(answering=()))[-1]
    assert (names.required, names.kept) == (True, False)
