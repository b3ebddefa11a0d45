from __future__ import annotations

from dataclasses import replace

from tests.unit.insides import MAC, WANTED

from runbook.guest.configure.by_hand import by_hand


def test_the_instructions_name_all_that_a_person_needs() -> None:
    text = by_hand(WANTED, ("agent: none", "console: none"))
    for needed in ("vm-01", MAC, "agent: none", "address 172.16.1.10", "netmask 255.255.0.0",
                   "gateway 172.16.0.1", "iface NIC inet static", "ifup $NIC"):  # fmt: skip
        assert needed in text


def test_name_servers_that_are_asked_for_are_named_wherever_they_belong() -> None:
    asked = replace(WANTED, nameservers=("172.16.0.1", "9.9.9.9"))
    text = by_hand(asked, ())
    for needed in ("dns-nameservers 172.16.0.1 9.9.9.9", "nameserver 9.9.9.9", "/etc/resolv.conf",
                   "ipv4.dns 172.16.0.1,9.9.9.9", "DNS=9.9.9.9",
                   "nameservers: {addresses: [172.16.0.1, 9.9.9.9]}"):  # fmt: skip
        assert needed in text
    for odd in ("nameserver", "ipv4.dns", "DNS="):
        assert odd not in by_hand(WANTED, ())


def test_the_nic_goes_down_by_the_file_as_it_was() -> None:
    """By the new one, ifdown would leave a DHCP client alive, which takes the address away."""
    lines = by_hand(WANTED, ()).splitlines()
    down = next(n for n, line in enumerate(lines) if "ifdown $NIC" in line)
    assert down < next(n for n, line in enumerate(lines) if "inet static" in line)
