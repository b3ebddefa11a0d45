from __future__ import annotations

from tests.unit.insides import MAC, WANTED

from runbook.moves.by_hand import by_hand


def test_the_instructions_name_all_that_a_person_needs() -> None:
    text = by_hand(WANTED, ("agent: none", "console: none"), "iface eth0 inet dhcp").text()
    for needed in ("vm-01", MAC, "agent: none", "address 172.16.1.10", "netmask 255.255.0.0",
                   "gateway 172.16.0.1", "iface eth0 inet dhcp", "ifup NIC"):  # fmt: skip
        assert needed in text
    assert "in place of" not in by_hand(WANTED, ()).text()
