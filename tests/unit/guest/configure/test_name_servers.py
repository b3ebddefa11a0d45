from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.insides import PATH, WANTED, seen

from runbook.guest.configure import name_servers
from runbook.guest.configure.edit import edit
from runbook.guest.configure.guest_edit import Declined, FileEdit, GuestEdit
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import RESOLV_CONF, Inside
from runbook.state.syntax import netplan

SERVERS = ("172.16.0.1", "9.9.9.9")
NAMED = replace(WANTED, nameservers=SERVERS)
LINK = "/etc/systemd/network/10-eth0.network"
NETPLAN = "/etc/netplan/50-cloud-init.yaml"


def plain(text: str) -> InsideFile:
    return InsideFile(RESOLV_CONF, text.encode("latin-1"), 0o640)


def edited(inside: Inside) -> dict[str, str]:
    found = edit(inside, NAMED)
    assert isinstance(found, GuestEdit), found
    return {file.path: file.after.decode("latin-1") for file in found.files}


def test_a_link_that_nothing_known_writes_is_declined() -> None:
    found = edit(seen(resolv_link="/run/mine/resolv.conf"), NAMED)
    assert isinstance(found, Declined)
    assert "/run/mine/resolv.conf" in found.reason


def test_a_file_that_is_withheld_is_not_taken_for_one_that_is_not_there() -> None:
    found = edit(seen(withheld=(RESOLV_CONF,)), NAMED)
    assert isinstance(found, Declined)
    assert RESOLV_CONF in found.reason


def test_what_is_not_asked_for_stays_as_it_is() -> None:
    there = seen(resolv_conf=plain("nameserver 192.168.122.1\n"))
    found = edit(there, WANTED)
    assert isinstance(found, GuestEdit)
    assert [file.path for file in found.files] == [PATH]


@pytest.mark.parametrize("link", ["", "/run/systemd/resolve/stub-resolv.conf"])
def test_a_plain_file_is_edited_and_one_that_a_program_writes_is_left_to_it(link: str) -> None:
    old = None if link else plain("search lan\nnameserver 192.168.122.1\noptions edns0\n")
    files = edited(seen(resolv_conf=old, resolv_link=link, tools=("ifup", "resolvectl")))
    assert "    dns-nameservers 172.16.0.1 9.9.9.9\n" in files[PATH]
    if link:
        assert set(files) == {PATH}
    else:
        assert files[RESOLV_CONF] == (
            "search lan\nnameserver 172.16.0.1\nnameserver 9.9.9.9\noptions edns0\n"
        )


def test_the_stanza_s_own_line_is_replaced() -> None:
    static = "iface eth0 inet static\n    address 10.0.0.2/8\n    gateway 10.0.0.1\n"
    files = edited(seen(f"{static}    dns-nameservers 192.168.122.1\n    mtu 9000\n"))
    assert files[PATH].count("dns-nameservers") == 1
    assert files[PATH].endswith("mtu 9000\n")


def test_of_a_guest_that_is_there_already_only_the_name_servers_change() -> None:
    (path,) = edited(seen(edited(seen())[PATH], resolv_conf=plain("nameserver 10.0.0.1\n")))
    assert path == RESOLV_CONF


def test_networkd_and_netplan_have_them_in_their_own_files() -> None:
    unit = "[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4\nDNS=192.168.122.1\n"
    files = edited(seen(unit, LINK, managers=("systemd-networkd",), resolv_link="x",
                        tools=("resolvectl",)))  # fmt: skip
    assert files[LINK].count("DNS=") == len(SERVERS)
    assert "DNS=192.168.122.1" not in files[LINK]
    plan = "network: {ethernets: {eth0: {dhcp4: true, nameservers: {search: [lan]}}}}\n"
    there = seen(plan, NETPLAN, managers=("netplan",), tools=("netplan", "resolvectl"),
                 resolv_link="x")  # fmt: skip
    entry = netplan.loads(edited(there)[NETPLAN].encode())["network"]["ethernets"]["eth0"]
    assert entry["nameservers"] == {"search": ["lan"], "addresses": list(SERVERS)}


lines = st.sampled_from(
    ["nameserver 10.0.0.1", "  nameserver\t::1", "search lan", "# nameserver 1.2.3.4", "", "\xe9"]
)


@given(st.lists(lines, max_size=6), st.sampled_from(["", "\n"]))
def test_every_other_line_stays_and_a_second_edit_finds_nothing(
    before: list[str], end: str
) -> None:
    text = "\n".join(before) + end
    found = name_servers.edit(seen(resolv_conf=plain(text)), NAMED)
    if found is None:
        return
    assert isinstance(found, FileEdit)
    assert (found.before, found.mode) == (text.encode("latin-1"), 0o640)
    after = found.after.decode("latin-1")
    servers = [line for line in after.splitlines() if line.split()[:1] == ["nameserver"]]
    assert servers == [f"nameserver {server}" for server in SERVERS]
    rest = [line for line in after.splitlines() if line not in servers]
    assert rest == [line for line in text.splitlines() if line.split()[:1] != ["nameserver"]]
    assert name_servers.edit(seen(resolv_conf=plain(after)), NAMED) is None
