from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit import guest_data as data
from tests.unit.fakes import FakeHost

from runbook.state.guest import sightings
from runbook.state.guest.sightings import How, Sighting
from runbook.transport.host import Completed

HEAD = " Name  MAC address  Protocol  Address\n-------\n"


def host(**said: str) -> FakeHost:
    """Virsh domifaddr says this of each source; a source that is not there fails."""

    def answer(argv: Sequence[str]) -> Completed | None:
        if "domifaddr" not in argv:
            return None
        text = said.get(argv[-1])
        return Completed(tuple(argv), 0 if text else 1, (HEAD + (text or "")).encode(), b"")

    return FakeHost(answers=[answer])


def line(address: str, mac: str = data.MAC) -> str:
    return f" eth0  {mac}  ipv4  {address}\n"


def test_each_way_of_seeing_an_address_is_told() -> None:
    neighbours = [
        {"family": "inet", "ifname": "virbr0", "address": "192.168.122.50", "mac": data.MAC}
    ]
    asked = host(agent=line("192.168.122.50/24"), lease=line("192.168.122.9/24"))
    asked.claims = [(("172.16.1.10", "virbr1"), data.MAC)]
    before = data.seen(neighbours=neighbours)
    found = sightings.read(asked, before, [("172.16.1.10", "virbr1")])
    rows = sightings.table(before, found).to_dict("records")
    assert {row["address"]: row["how"] for row in rows} == {
        "192.168.122.50": "agent, neighbour table",
        "192.168.122.9": "lease of libvirt",
        "172.16.1.10": "ARP asked",
    }
    assert {(row["network"], row["bridge"], row["tap"]) for row in rows} == {
        ("default", "virbr0", "vnet0")
    }


def test_a_guest_of_which_nothing_is_seen_is_a_row_all_the_same() -> None:
    (row,) = sightings.table(data.seen(), sightings.read(host(), data.seen())).to_dict("records")
    assert (row["guest"], row["address"], row["how"]) == (data.NAME, "", "")


@pytest.mark.parametrize("said", ["nonsense\n", line("fe80::1/64"), " x y z\n"])
def test_what_is_no_address_is_left_out(said: str) -> None:
    assert sightings.read(host(agent=said), data.seen()) == ()


def test_anothers_mac_is_not_the_guests() -> None:
    stranger = Sighting("02:00:00:00:00:09", "172.16.1.10", How.ASKED)
    (row,) = sightings.table(data.seen(), [stranger]).to_dict("records")
    assert row["address"] == ""
