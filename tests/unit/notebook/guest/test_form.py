from __future__ import annotations

import html
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.notebook.conftest import StoppedClock

from runbook.common.errors import ParameterError
from runbook.notebook.guest import form as forms
from runbook.notebook.guest.form import GuestForm, choose, judge, settle
from runbook.notebook.guest.look import GuestVisit
from runbook.notebook.guest.request import want
from runbook.notebook.widgets.help import GUEST_HELP
from runbook.run.session import Session
from runbook.state.guests import GuestRow, TapRow
from runbook.transport.host import Host

HOST = "interface: enp4s0f0\naddress: 172.16.1.1/16\ngateway: 172.16.0.1\n"
GUESTS = "guests:\n  - name: vm-02\n    address: 172.16.1.11/16\n    login: admin\n"
ONE, TWO = "52:54:00:00:00:01", "52:54:00:00:00:02"
RIGHT = {
    "guest": "vm-01",
    "nic": None,
    "address": "172.16.1.10/16",
    "gateway": "172.16.0.1",
    "nameservers": (),
    "login": "root",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "params"
    made.mkdir()
    (made / "server-01.yaml").write_text(HOST)
    (made / "server-02.yaml").write_text(HOST + GUESTS)
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return made


def visit(host: str = "server-01", **given: object) -> GuestVisit:
    request = want({"host": host, **given}, asks=True)
    session = Session(
        request.params, cast("Host", None), "root@desk", "x", StoppedClock(), cast("Any", None)
    )
    taps = tuple(
        TapRow(guest, mac, "network", "default", "", "virtio", "", "default", "<x/>", "")
        for guest, mac in (("vm-01", ONE), ("vm-02", TWO))
    )
    rows = tuple(
        GuestRow(name, name, "running", autostart=False, saved=False) for name in ("vm-01", "vm-02")
    )
    return GuestVisit(request, session, rows, taps)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("guest", "", "these values are for one guest"),
        ("address", "", "an address of its own"),
        ("address", "172.16.1.10", "prefix length"),
        ("address", "172.16.1.1/16", "is the address of the host"),
        ("address", "172.16.0.1/16", "is the address of the router"),
        ("address", "10.0.0.9/16", "outside the LAN 172.16.0.0/16"),
        ("gateway", "172.16.1.1", "forwards nothing for its guests"),
        ("gateway", "10.0.0.1", "not on the guest's link"),
        ("gateway", "router", "not an IPv4 address"),
        ("nameservers", ("router",), "not an IPv4 address"),
        ("nameservers", ("172.16.0.1", "::1"), "IPv6"),
        ("nic", "enp1s0", "MAC"),
        ("login", "a b", "login"),
    ],
)
def test_each_value_is_judged_by_its_own_name(field: str, value: str, said: str) -> None:
    found = judge(visit(), {**RIGHT, field: value})
    assert found[0].field == field
    assert said in f"{found[0].problem} {found[0].field}"


def test_what_is_right_has_no_fault() -> None:
    assert judge(visit(), RIGHT) == ()
    assert judge(visit(), {**RIGHT, "gateway": ""}) == ()


def test_the_address_of_another_guest_of_the_file_is_refused() -> None:
    (error,) = judge(visit("server-02"), {**RIGHT, "address": "172.16.1.11/16"})
    assert (error.field, "vm-02" in error.problem) == ("address", True)


def test_the_hosts_own_address_is_refused_before_anything_is_contacted() -> None:
    with pytest.raises(ParameterError, match="address of the host") as caught:
        want({"host": "server-01", "guest": "vm-01", "address": "172.16.1.1/16"})
    assert caught.value.field == "address"


def test_no_guest_is_right_where_the_file_has_some() -> None:
    empty = {**RIGHT, "guest": "", "address": "", "gateway": "172.16.0.1"}
    assert judge(visit("server-02"), empty) == ()
    (error,) = judge(visit("server-01"), empty)
    assert "no guest is chosen" in error.problem


def test_without_a_person_the_parameters_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "somebody_there", lambda: False)
    met = visit("server-02")
    offered = choose(met)
    assert offered.form is None
    assert settle(offered) is met


def test_choosing_a_guest_brings_its_nics_and_what_the_file_says_of_it() -> None:
    form = forms._form(visit("server-02"))  # noqa: SLF001 - what is shown needs a page
    form.fields["guest"].widget.value = "vm-02"
    values = form.values()
    assert (values["address"], values["login"], values["nic"]) == ("172.16.1.11/16", "admin", TWO)
    form.fields["guest"].widget.value = "vm-01"
    assert form.values()["address"] == ""
    assert form.values()["nic"] == ONE


def test_what_was_given_stands_in_the_form_and_what_was_typed_wins() -> None:
    met = visit("server-01", guest="vm-01", address="172.16.1.20/16", mode="plan")
    form = forms._form(met)  # noqa: SLF001 - likewise
    assert form.values()["address"] == "172.16.1.20/16"
    form.fields["address"].widget.value = "172.16.1.21/16"
    settled = settle(GuestForm(met, form))
    (guest,) = settled.request.guests
    assert (guest.name, guest.address, guest.nic) == ("vm-01", "172.16.1.21/16", ONE)
    assert settled.session.params.mode == "plan"


def test_name_servers_are_typed_in_a_field_and_an_empty_one_leaves_those_of_the_guest() -> None:
    met = visit("server-01", guest="vm-01", address="172.16.1.20/16", nameservers=["9.9.9.9"])
    form = forms._form(met)  # noqa: SLF001 - likewise
    typed = form.fields["nameservers"].widget
    assert typed.value == "9.9.9.9"
    typed.value = "172.16.0.1, 172.16.0.2"
    (guest,) = want(forms._given(met, form.values())).guests  # noqa: SLF001 - likewise
    assert guest.nameservers == ("172.16.0.1", "172.16.0.2")
    typed.value = ""
    (guest,) = want(forms._given(met, form.values())).guests  # noqa: SLF001 - likewise
    assert guest.nameservers == ()


def test_each_field_has_a_line_of_help() -> None:
    form = forms._form(visit())  # noqa: SLF001 - likewise
    assert set(GUEST_HELP) == set(form.fields)
    assert all(one.help in html.unescape(one.reason.value) for one in form.fields.values())


def test_a_wrong_value_stops_at_settle() -> None:
    met = visit()
    form = forms._form(met)  # noqa: SLF001 - likewise
    with pytest.raises(ParameterError, match="no guest is chosen"):
        settle(GuestForm(met, form))


def test_with_no_guest_chosen_the_nic_field_says_which_one_is_meant() -> None:
    form = forms._form(visit())  # noqa: SLF001 - likewise
    assert form.fields["nic"].widget.label.startswith("the one on network default")
    assert form.values()["nic"] is None
