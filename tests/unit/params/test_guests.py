from __future__ import annotations

import pytest

from runbook.common.errors import ParameterError
from runbook.params import Params, resolve

HOST = {"interface": "enp4s0f0", "address": "172.16.1.1/16", "gateway": "172.16.0.1"}
ONE = {"name": "vm-01", "address": "172.16.1.10/16"}


def asked(*guests: object) -> Params:
    return resolve({**HOST, "guests": list(guests)}, {"host": "server-01"})


@pytest.mark.parametrize(
    ("entry", "field", "said"),
    [
        ("vm-01", "guests[2]", "must be an entry"),
        ({"name": "vm-02"}, "guests[2].address", "is missing"),
        ({**ONE, "name": "../etc"}, "guests[2].name", "a guest's name is"),
        ({**ONE, "name": 7}, "guests[2].name", "must be text"),
        ({**ONE, "address": "172.16.1.10"}, "guests[2].address", "prefix length is missing"),
        ({**ONE, "gateway": "172.16.0.1/16"}, "guests[2].gateway", "no prefix length"),
        ({**ONE, "nic": "ff:ff:ff:ff:ff:ff"}, "guests[2].nic", "unicast"),
        ({**ONE, "login": "root:lab"}, "guests[2].login", "no password goes with it"),
        ({**ONE, "login_from": "file"}, "guests[2].login_from", "must be one of"),
        ({**ONE, "wait_s": 4}, "guests[2].wait_s", "greater than or equal to 5"),
        ({**ONE, "adress": "172.16.1.10/16"}, "guests[2].adress", "no line of this name"),
        ({**ONE, "nameservers": ["9.9.9.9/24"]}, "guests[2].nameservers[1]", "not an IPv4 addr"),
        ({**ONE, "nameservers": "::1"}, "guests[2].nameservers[1]", "IPv6"),
        (
            {**ONE, "nameservers": [f"10.0.0.{n}" for n in range(1, 5)]},
            "guests[2].nameservers",
            "at most 3",
        ),
        (ONE, "guests", "more than once"),
    ],
)
def test_the_entry_and_its_line_are_named(entry: object, field: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said) as caught:
        asked(ONE, entry)
    assert caught.value.field == field
    assert "params/server-01.yaml" in str(caught.value) or field == "guests"


def test_a_password_that_is_written_there_is_not_shown() -> None:
    with pytest.raises(ParameterError) as caught:
        asked({**ONE, "password": "hunter2"})
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ParameterError) as caught:
        resolve({**HOST, "guest_password": "hunter2"}, {"host": "server-01"})
    assert "hunter2" not in str(caught.value)


def test_what_is_left_out_has_its_default() -> None:
    (guest,) = asked(ONE).guests
    assert (guest.gateway, guest.login, guest.nic, guest.by_hand) == (None, "root", None, False)
    assert str(guest) == "vm-01 172.16.1.10/16"


def test_name_servers_are_a_list_also_where_papermill_knows_none() -> None:
    (guest,) = asked({**ONE, "nameservers": "172.16.0.1, 9.9.9.9"}).guests
    assert guest.nameservers == ("172.16.0.1", "9.9.9.9")
