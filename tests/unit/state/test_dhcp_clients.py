"""Whose a process is that looks like a DHCP client: its words are its own choice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import NIC
from tests.unit.processes import MALLORY, PACKAGED, dhcpcd, holding, of_mallory, process

from runbook.state import dhcp_clients
from runbook.state.dhcp_clients import Client, Trust
from runbook.transport.process import Process

DHCLIENT = process("/sbin/dhclient", "-4", NIC)


def judged(*there: Process) -> list[Client]:
    return list(dhcp_clients.clients(there, PACKAGED))


def trust(*there: Process) -> Trust:
    (client,) = judged(*there)
    return client.trust


@pytest.mark.parametrize("exe", ["/sbin/dhclient", "/usr/sbin/dhclient"])
def test_root_s_client_of_debian_s_package_is_the_host_s_own(exe: str) -> None:
    (client,) = judged(replace(DHCLIENT, exe=exe))
    assert (client.trust, client.pid, client.ifname) == (Trust.OWN, 7, NIC)
    assert not client.is_outdated


def test_a_client_whose_program_an_upgrade_replaced_is_still_the_host_s_own() -> None:
    (client,) = judged(replace(DHCLIENT, exe="/usr/sbin/dhclient (deleted)"))
    assert (client.trust, client.is_outdated) == (Trust.OWN, True)


@pytest.mark.parametrize("place", range(4))
def test_each_of_the_four_user_ids_has_to_be_root_s(place: int) -> None:
    uids = tuple(MALLORY if n == place else 0 for n in range(4))
    plain = replace(DHCLIENT, uids=uids, net_admin=False)
    assert trust(plain) is Trust.POWERLESS
    assert trust(replace(plain, net_admin=True)) is Trust.FOREIGN


def test_a_user_s_process_is_powerless_whatever_it_calls_itself_and_runs() -> None:
    for exe in ("/usr/bin/perl", "/home/mallory/dhclient", "/usr/sbin/dhclient"):
        mallory = of_mallory("/sbin/dhclient", "-lf", "/etc/shadow", NIC, exe=exe)
        (client,) = judged(mallory)
        assert (client.trust, client.owner, client.exe) == (Trust.POWERLESS, "mallory", exe)
    assert trust(of_mallory(f"dhcpcd: {NIC} [ip4]")) is Trust.POWERLESS
    assert trust(of_mallory("/usr/sbin/NetworkManager")) is Trust.POWERLESS


def test_root_in_a_user_s_own_user_namespace_is_no_root() -> None:
    inside = replace(DHCLIENT, user=False)
    assert trust(inside) is Trust.POWERLESS


def test_a_client_of_a_container_is_elsewhere_though_root_runs_debian_s_program() -> None:
    assert trust(replace(DHCLIENT, net=False, mnt=False)) is Trust.ELSEWHERE
    networkd = process("/lib/systemd/systemd-networkd", exe="/usr/lib/systemd/systemd-networkd")
    assert trust(replace(networkd, net=False)) is Trust.ELSEWHERE


@pytest.mark.parametrize(
    "other",
    [
        replace(DHCLIENT, exe="/opt/dhclient"),
        replace(DHCLIENT, exe="/usr/local/sbin/dhclient"),
        replace(DHCLIENT, exe="/usr/sbin/dhclient-script"),
        replace(DHCLIENT, exe=""),
        replace(DHCLIENT, mnt=False),
        replace(DHCLIENT, mnt=None),
        process("dhcpcd", NIC, exe="/usr/sbin/dhcpcd5"),
    ],
    ids=["opt", "local", "script", "no path", "container's files", "not told", "not packaged"],
)
def test_a_program_that_no_package_owns_is_not_taken_for_debian_s(other: Process) -> None:
    assert trust(other) is Trust.FOREIGN


def test_a_process_that_nothing_is_known_of_but_its_words_is_not_known() -> None:
    assert trust(Process(7, DHCLIENT.cmdline)) is Trust.UNKNOWN
    assert trust(replace(DHCLIENT, net=None)) is Trust.UNKNOWN


def test_the_program_says_what_it_is_where_the_words_do_not() -> None:
    (client,) = judged(replace(process("anything", NIC), exe="/usr/sbin/dhclient"))
    assert (client.program, client.ifname, client.trust) == ("dhclient", NIC, Trust.OWN)


def test_debian_13_s_client_is_known_by_its_child_that_is_root_s() -> None:
    client, helper = dhcpcd()
    (found,) = judged(client, helper)
    assert (found.program, found.pid, found.ifname) == ("dhcpcd", 105, NIC)
    assert (found.trust, found.owner) == (Trust.OWN, "dhcpcd")


def test_whom_debian_13_s_client_serves_is_what_root_s_child_says() -> None:
    client, helper = dhcpcd()
    (found,) = judged(replace(client, cmdline=b"dhcpcd: eth9 [ip4]\0"), helper)
    assert found.ifname == NIC
    whole = process("dhcpcd: [privileged proxy] [ip4] [ip6]", pid=9, ppid=client.pid)
    assert [c.ifname for c in judged(client, whole)] == [""]


@pytest.mark.parametrize(
    "child",
    [
        of_mallory(f"dhcpcd: [privileged proxy] {NIC} [ip4]", pid=106, ppid=105),
        process(f"dhcpcd: [privileged proxy] {NIC} [ip4]", exe="/opt/dhcpcd", ppid=105),
        process(f"dhcpcd: [privileged proxy] {NIC} [ip4]", net=False, ppid=105),
        process(f"dhcpcd: [network proxy] {NIC} [ip4]", ppid=105),
        process(f"dhcpcd: [privileged proxy] {NIC} [ip4]", ppid=104),
    ],
    ids=["mallory's", "another program", "container", "another helper", "another's child"],
)
def test_no_other_child_makes_a_client_of_its_parent(child: Process) -> None:
    client, _ = dhcpcd()
    assert trust(client, child) is Trust.POWERLESS


def test_the_packages_lists_are_read_once_somebody_s_owner_is_known() -> None:
    host = holding(DHCLIENT, of_mallory("dhclient", NIC))
    assert [client.trust for client in dhcp_clients.read(host)] == [Trust.OWN, Trust.POWERLESS]
    for path in dhcp_clients.LISTS:
        host.files.pop(path, None)
    assert [client.trust for client in dhcp_clients.read(host)] == [Trust.FOREIGN, Trust.POWERLESS]


def test_a_byte_that_is_not_utf_8_hides_no_other_file_of_a_package() -> None:
    host = holding(DHCLIENT)
    path = dhcp_clients.LISTS[0]
    odd = b"/usr/share/doc/gr\xfc\xdfe\n" + host.files[path].content
    host.files[path] = replace(host.files[path], content=odd)
    assert [client.trust for client in dhcp_clients.read(host)] == [Trust.OWN]


def test_what_a_user_calls_a_program_drives_no_terminal() -> None:
    (client,) = judged(of_mallory("dhclient", NIC, exe="/home/\x1b]0;pwn\x07/\u202edhclient"))
    assert client.exe.isprintable()


@given(st.binary(max_size=80), st.text(max_size=20), st.tuples(*[st.integers(0, 1)] * 4))
def test_no_process_is_trusted_for_its_words(
    cmdline: bytes, exe: str, uids: tuple[int, ...]
) -> None:
    mallory = replace(of_mallory(exe=exe or "/x"), uids=(*uids[:3], MALLORY))
    found = judged(replace(mallory, cmdline=cmdline))
    assert all(client.trust is Trust.POWERLESS for client in found)


@pytest.mark.parametrize(
    ("words", "ifnames"),
    [
        (("dhclient", NIC), [NIC]),
        (("/sbin/dhclient", "-v", NIC, "eth1"), [NIC, "eth1"]),
        (("dhclient", NIC, "-nw"), [NIC]),
        (("dhclient", NIC, "-H", "web", "--timeout", "9"), [NIC]),
        (("dhclient", "-v"), [""]),
        (("dhclient",), [""]),
        (("/usr/sbin/dhcpcd", "-4", NIC), [NIC]),
        (("dhcpcd", "-h", "web", "-m", "100", NIC), [NIC]),
        ((f"dhcpcd: {NIC} [ip4]",), [NIC]),
        ((f"dhcpcd: {NIC} [ip4] [ip6]",), [NIC]),
        ((f"dhcpcd: {NIC}",), [NIC]),
        (("dhcpcd: [manager] [ip4] [ip6]",), [""]),
    ],
    ids=" ".join,
)
def test_which_interfaces_a_client_works_for(words: tuple[str, ...], ifnames: list[str]) -> None:
    assert sorted(client.ifname for client in judged(process(*words))) == sorted(ifnames)


@pytest.mark.parametrize(
    "words",
    [
        (f"dhcpcd: [privileged proxy] {NIC} [ip4]",),
        (f"dhcpcd: [BPF ARP] {NIC} 172.16.1.1",),
        ("dhcpcd: [network proxy]",),
        ("/usr/bin/vi", "dhclient"),
        ("dhclient-script",),
        ("sh", "-c", f"dhclient {NIC}"),
        ("/usr/bin/vi", "udhcpc"),
        ("busybox",),
        ("",),
    ],
    ids=" ".join,
)
def test_what_is_no_client_of_its_own(words: tuple[str, ...]) -> None:
    assert judged(process(*words, exe="/bin/other")) == []


@pytest.mark.parametrize(
    ("words", "ifname"),
    [
        (("udhcpc", "-i", NIC, "-R"), NIC),
        (("/bin/busybox", "udhcpc", "-b", "-i", NIC), NIC),
        (("/lib/systemd/systemd-networkd",), ""),
        (("/usr/sbin/NetworkManager", "--no-daemon"), ""),
    ],
    ids=" ".join,
)
def test_clients_of_other_managers_are_seen(words: tuple[str, ...], ifname: str) -> None:
    (client,) = judged(process(*words, exe="/bin/other"))
    assert (client.pid, client.ifname, client.trust) == (7, ifname, Trust.FOREIGN)
    assert client.program in dhcp_clients.OTHERS
