from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from tests.unit import fakes

from runbook.errors import ReadFailed
from runbook.netfilter.packet import Connection
from runbook.surroundings import MANAGERS, TOOLS, read
from runbook.transport.host import Completed

STILL = "inactive\n" * len(MANAGERS)


def host(**said: str) -> fakes.FakeHost:
    """A good host, but for what these programs say."""
    good = {
        "systemctl": STILL,
        "df": "   Avail\n123456789\n",
        "sshd": "port 22\n",
        "sh": "",
        "iptables": "",
    }
    answers: Mapping[str, str] = {
        "which": "".join(f"/usr/bin/{t}\n" for t in TOOLS),
        **good,
        **said,
    }

    def answer(argv: Sequence[str]) -> Completed:
        status = 3 if argv[0] == "systemctl" else 0
        return Completed(tuple(argv), status, answers[argv[0]].encode(), b"what it complains of")

    return fakes.FakeHost(answers=[answer])


def test_a_good_host() -> None:
    around = read(host())
    assert (around.missing, around.managers, around.free_bytes) == ((), (), 123456789)
    assert around.sshd_listens == ()
    assert around.operator is None


def test_the_operator_who_asks_is_known() -> None:
    around = read(host(sh="10.99.0.2 51234 172.16.1.1 22\n"))
    assert around.operator == Connection("10.99.0.2", 51234, "172.16.1.1", 22)


def test_a_missing_program_is_named_whatever_folder_the_others_are_in() -> None:
    there = "".join(f"/usr/sbin/{t}\n" for t in TOOLS if t != "flock")
    assert read(host(which=there)).missing == ("flock",)


def test_a_program_that_only_this_plan_needs_is_asked_for() -> None:
    assert read(host(), ["iptables-nft"]).missing == ("iptables-nft",)


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_manager_that_is_active_is_named(manager: str) -> None:
    states = "".join("active\n" if m == manager else "unknown\n" for m in MANAGERS)
    assert read(host(systemctl=states)).managers == (manager,)


@pytest.mark.parametrize("said", ["", "inactive\n", "System has not been booted with systemd"])
def test_a_systemctl_that_does_not_answer_is_not_taken_for_no(said: str) -> None:
    with pytest.raises(ReadFailed, match="what it complains of"):
        read(host(systemctl=said))


@pytest.mark.parametrize("said", ["", "Avail\n", "Avail\n-\n"])
def test_a_disk_of_unknown_size_is_not_taken_for_a_large_one(said: str) -> None:
    with pytest.raises(ReadFailed, match="df /var/lib"):
        read(host(df=said))


def test_the_addresses_that_sshd_listens_on() -> None:
    said = "port 22\nlistenaddress [::]:22\nlistenaddress 172.16.1.1:22\nusepam yes\n"
    assert read(host(sshd=said)).sshd_listens == ("[::]:22", "172.16.1.1:22")
