from __future__ import annotations

from pathlib import Path

import pytest

from runbook.common.errors import ParameterError
from runbook.notebook.guest.request import want

HOST = """\
interface: enp4s0f0
address: 172.16.1.1/16
gateway: 172.16.0.1
"""
GUESTS = """\
guests:
  - name: vm-01
    address: 172.16.1.10/16
    login: admin
  - name: vm-02
    address: 172.16.1.11/16
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "params"
    made.mkdir()
    (made / "server-01.yaml").write_text(HOST + GUESTS)
    (made / "server-02.yaml").write_text(HOST)
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return made


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"host": "server-02"}, "guest", "no guest is named"),
        ({"address": "172.16.1.10/16"}, "address", "no guest is named"),
        ({"guest": "vm-09"}, "address", "is given for guest"),
        ({"guest": 7, "address": "172.16.1.10/16"}, "guest", "must be text"),
        ({"guest": "vm-01", "address": "172.16.1.10"}, "address", "prefix length"),
        ({"guest": "vm-01", "gateway": "x"}, "gateway", "not an IPv4 address"),
    ],
)
def test_it_is_told_by_the_name_that_it_has_in_the_notebook(
    given: dict[str, object], field: str, said: str
) -> None:
    with pytest.raises(ParameterError, match=said) as caught:
        want({"host": "server-01", **given})
    assert caught.value.field == field


def test_what_to_do_next_has_that_name_too() -> None:
    with pytest.raises(ParameterError) as caught:
        want({"host": "server-01", "guest": 7, "address": "172.16.1.10/16"})
    assert "-r guest VALUE" in caught.value.then


def test_neither_guest_nor_address_is_all_of_the_file() -> None:
    assert [guest.name for guest in want({"host": "server-01"}).guests] == ["vm-01", "vm-02"]


def test_a_guest_of_the_file_has_what_is_written_there_but_for_what_is_given() -> None:
    wanted = want({"host": "server-01", "guest": "vm-01", "address": "172.16.1.99/16"})
    (guest,) = wanted.guests
    assert (guest.address, guest.login) == ("172.16.1.99/16", "admin")
    # The others are still known: none of them may have the same address.
    assert [guest.name for guest in wanted.params.guests] == ["vm-01", "vm-02"]


def test_the_address_of_a_guest_is_not_the_hosts() -> None:
    wanted = want({"host": "server-02", "guest": "x", "address": "172.16.1.9/16"})
    assert wanted.params.address == "172.16.1.1/16"
    assert wanted.params.gateway == "172.16.0.1"
