from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, IP, NIC

from runbook.common.debian_packages import PACKAGES
from runbook.common.errors import ReadFailed
from runbook.state.host.environment import (
    MANAGERS,
    SERVICES,
    TOOLS,
    Listener,
    NetworkPlace,
    Surroundings,
    package_of,
    read,
)
from runbook.state.host.operator_connection import Connection
from runbook.transport.host import Completed

UNITS = (*MANAGERS, *SERVICES)
STILL = "inactive\n" * len(UNITS)
HERE = "10.99.0.2 50022 172.16.1.1 22\n"
WAY = "10.99.0.2 from 172.16.1.1 via 172.16.0.1 dev enp4s0f0 uid 0 \n    cache \n"
FAILED = {"systemctl": 3}


def host(**said: str) -> fakes.FakeHost:
    """A good host, but for what these programs say."""
    answers: Mapping[str, str] = {
        "which": "".join(f"/usr/bin/{t}\n" for t in TOOLS),
        "systemctl": STILL,
        "df": "   Avail\n123456789\n",
        "sshd": "port 22\n",
        "ss": "",
        "ps": "",
        "sh": HERE,
        "iptables": "",
        "ip": WAY,
        "grep": "",
        "find": "",
        **said,
    }

    def answer(argv: Sequence[str]) -> Completed:
        status = 0 if argv[1] in ("show", "list-dependencies") else FAILED.get(argv[0], 0)
        return Completed(tuple(argv), status, answers[argv[0]].encode(), b"what it complains of")

    return fakes.FakeHost(answers=[answer])


def look(asked: fakes.FakeHost, programs: Sequence[str] = ()) -> Surroundings:
    return read(asked, NetworkPlace(NIC, IP, BRIDGE), programs)


def states(*active: str) -> str:
    return "".join("active\n" if unit in active else "unknown\n" for unit in UNITS)


def test_a_good_host() -> None:
    around = look(host())
    assert (around.missing, around.managers, around.free_bytes) == ((), (), 123456789)
    assert (around.claimants, around.services, around.netplan) == ((), (), ())
    assert (around.sshd_listens, around.dhcp_servers, around.nm_state) == ((), (), "")
    assert around.operator == Connection("10.99.0.2", 50022, "172.16.1.1", 22)
    assert around.management_ifname == NIC


def test_a_missing_program_is_named_whatever_folder_the_others_are_in() -> None:
    there = "".join(f"/usr/sbin/{t}\n" for t in TOOLS if t != "flock")
    assert look(host(which=there)).missing == ("flock",)


def test_a_program_that_only_this_plan_needs_is_asked_for() -> None:
    assert look(host(), ["iptables-nft"]).missing == ("iptables-nft",)


@pytest.mark.parametrize(("said", "missing"), [("", ("/opt/dhcp",)), ("/opt/dhcp\n", ())])
def test_a_program_that_has_a_path_of_its_own_is_looked_for_there(
    said: str, missing: tuple[str, ...]
) -> None:
    asked = host()

    def its_own(argv: Sequence[str]) -> Completed | None:
        only = list(argv) == ["which", "/opt/dhcp"]
        return Completed(tuple(argv), int(not said), said.encode(), b"") if only else None

    asked.answers.insert(0, its_own)
    assert look(asked, ["/opt/dhcp"]).missing == missing


def test_every_program_that_any_change_needs_has_a_package_to_name() -> None:
    assert {tool for tool in TOOLS if not package_of(tool)} == set()
    assert package_of("/usr/sbin/iptables-nft") == PACKAGES["iptables"] == "iptables"


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_manager_that_is_active_is_named(manager: str) -> None:
    around = look(host(systemctl=states(manager), nmcli=f"lo:unmanaged\n{NIC}:connected\n"))
    assert around.managers == (manager,)
    assert around.services == ()


def test_docker_that_is_active_is_a_service_and_no_manager() -> None:
    around = look(host(systemctl=states("docker")))
    assert (around.managers, around.services) == ((), ("docker",))


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (f"lo:unmanaged\n{NIC}:unmanaged\n", "unmanaged"),
        (f"{NIC}9:unmanaged\n{NIC}:connected\n", "connected"),
        (f"{NIC}9:unmanaged\n", ""),
        ("", ""),
    ],
)
def test_what_networkmanager_says_of_the_nic(said: str, state: str) -> None:
    assert look(host(systemctl=states("NetworkManager"), nmcli=said)).nm_state == state


@pytest.mark.parametrize("said", ["", "inactive\n", "System has not been booted with systemd"])
def test_a_systemctl_that_does_not_answer_is_not_taken_for_no(said: str) -> None:
    with pytest.raises(ReadFailed, match="what it complains of"):
        look(host(systemctl=said))


@pytest.mark.parametrize("said", ["", "Avail\n", "Avail\n-\n"])
def test_a_disk_of_unknown_size_is_not_taken_for_a_large_one(said: str) -> None:
    with pytest.raises(ReadFailed, match="df /var/lib"):
        look(host(df=said))


def test_the_addresses_that_sshd_listens_on() -> None:
    said = "port 22\nlistenaddress [::]:22\nlistenaddress 172.16.1.1:22\nusepam yes\n"
    assert look(host(sshd=said)).sshd_listens == ("[::]:22", "172.16.1.1:22")


def test_the_limits_of_sshd_on_who_has_not_logged_in() -> None:
    said = "maxauthtries 6\nmaxstartups 10:30:100\npersourcemaxstartups none\n"
    assert dict(look(host(sshd=said)).sshd_startups) == {
        "maxstartups": "10:30:100",
        "persourcemaxstartups": "none",
    }


def test_whoever_answers_for_the_host_s_address_is_told() -> None:
    asked = host()
    asked.claims = [((IP, NIC), "02:00:00:00:00:99"), ((IP, "enp4s0f1"), "02:00:00:00:00:98")]
    assert look(asked).claimants == ("02:00:00:00:00:99",)


@pytest.mark.parametrize(
    "path", ["/etc/netplan/50-cloud-init.yaml", "/run/systemd/network/10-netplan-eth0.network"]
)
def test_what_netplan_has_and_what_it_generated(path: str) -> None:
    asked = host()
    asked.hold(path)
    assert look(asked).netplan == (path,)


LISTENERS = """\
UNCONN 0      0       0.0.0.0%virbr0:67         0.0.0.0:*    users:(("dnsmasq",pid=3107,fd=3))
UNCONN 0      0              0.0.0.0:67         0.0.0.0:*    users:(("dh"cpd",pid=99,fd=7))
UNCONN 0      0                    *:67               *:*
"""


def test_the_dhcp_servers_of_the_host_and_what_each_is_bound_to() -> None:
    assert look(host(ss=LISTENERS)).dhcp_servers == (
        Listener("0.0.0.0", "virbr0", "dnsmasq"),  # noqa: S104 - what ss prints
        Listener("0.0.0.0", "", 'dh"cpd'),  # noqa: S104 - likewise
        Listener("*", "", "?"),
    )


@pytest.mark.parametrize("said", ["Cannot open netlink socket\n", f"{LISTENERS}?\n"])
def test_a_listing_of_sockets_that_makes_no_sense_is_not_taken_for_none(said: str) -> None:
    with pytest.raises(ReadFailed, match="ss -Hlunp"):
        look(host(ss=said))


def test_an_ss_that_fails_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAILED, "ss", 127)
    with pytest.raises(ReadFailed, match="ss -Hlunp"):
        look(host(ss=""))


@pytest.mark.parametrize(
    ("connection", "way", "ifname"),
    [
        (HERE, WAY, NIC),
        (HERE, "172.16.0.9 dev enp4s0f1.7 src 172.16.1.1 uid 0\n", "enp4s0f1.7"),
        ("fe80::9%enp4s0f1 50022 fe80::1%enp4s0f1 22\n", "", ""),
        (HERE, "", ""),
        ("", WAY, ""),
    ],
    ids=["router", "link", "link-local", "no-route", "local"],
)
def test_the_interface_that_leads_to_the_operator(connection: str, way: str, ifname: str) -> None:
    assert look(host(sh=connection, ip=way)).management_ifname == ifname


@given(st.text(min_size=1).filter(str.split))
def test_a_connection_in_any_other_words_is_not_taken_for_none(said: str) -> None:
    with pytest.raises(ReadFailed):
        look(host(sh=said, ip=""))
