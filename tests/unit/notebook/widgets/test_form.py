from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit import hosts

from runbook.common.errors import ParameterError
from runbook.notebook.widgets import Form, form
from runbook.notebook.widgets.help import HELP
from runbook.params import faults, for_host
from runbook.preflight.survey.offer import FIELDS

ROOT = Path(__file__).parents[4]
PARAMS = for_host(ROOT / "params", {"host": "server-01"})
NAMES = ("interface", "address", "gateway", "bridge", "bridge_mac", "stp", "firewall", "probes")


def judged(values: Mapping[str, object]) -> tuple[ParameterError, ...]:
    return faults({}, {"host": "server-01", **values})


@pytest.fixture
def offered() -> Form:
    made = form(NAMES, PARAMS, hosts.before())
    made.check(judged)
    return made


def typed(offered: Form, name: str, text: object) -> None:
    """As the front end reports what somebody typed or chose."""
    offered.fields[name].widget.value = text


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("address", "172.16.1.1", "the prefix length is missing"),
        ("address", "", "the prefix length is missing"),
        ("gateway", "172.16.0.0", "no host can hold"),
        ("bridge", "enp4s0f0", "the bridge cannot be the interface"),
        ("bridge", "a-name-that-is-too-long", "1 to 15 letters"),
        ("bridge", "a-name-that-is-too-long", "e.g. virbr1"),
        ("bridge_mac", "52:54", "not a MAC address"),
        ("probes", "172.16.0.1, nonsense", "not an IPv4 address"),
        ("probes", "172.16.1.1", "would always pass"),
    ],
)
def test_a_wrong_value_has_its_reason_beside_it_until_it_is_mended(
    offered: Form, name: str, text: str, why: str
) -> None:
    right = offered.fields[name].widget.value
    assert offered.told == {}
    typed(offered, name, text)
    assert why in offered.told[name]
    assert why in offered.fields[name].reason.value
    assert 'role="alert"' in offered.fields[name].reason.value
    assert why in offered.static().html()
    typed(offered, name, right)
    assert offered.told == {}
    # What the field is for stands there again.
    assert 'class="rb-hint' in offered.fields[name].reason.value


def test_each_field_of_survey_and_routed_has_a_short_line_of_help() -> None:
    assert set(HELP) == set(FIELDS)
    for one in form(FIELDS, PARAMS, hosts.before()).fields.values():
        assert one.help in html.unescape(one.reason.value)
        assert one.widget.tooltip == one.help
        assert 0 < len(one.help) < 65


def test_two_wrong_values_have_a_reason_each(offered: Form) -> None:
    typed(offered, "address", "x")
    typed(offered, "bridge_mac", "y")
    assert set(offered.told) == {"address", "bridge_mac"}


def test_what_is_about_no_field_is_said_below_all_of_them(offered: Form) -> None:
    offered.tell("machine_id", "another <machine>")
    assert "another <machine>" in offered.static().text
    assert "another &lt;machine&gt;" in offered.static().html()
    offered.tell("machine_id", "")
    assert "machine" not in offered.static().text


def test_the_values_are_of_their_parameters_types(offered: Form) -> None:
    typed(offered, "stp", False)  # noqa: FBT003 - what the list holds
    typed(offered, "probes", "172.16.0.1, 10.99.0.2:22 ")
    typed(offered, "address", " 172.16.1.1/16 ")
    assert offered.values() == {
        "interface": "enp4s0f0",
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
        "bridge": "virbr1",
        "bridge_mac": "own",
        "stp": False,
        "firewall": "keep",
        "probes": ("172.16.0.1", "10.99.0.2:22"),
    }


def test_what_may_be_left_out_is_left_out_when_it_is_empty() -> None:
    offered = form(("router", "deadline_s", "consent"), PARAMS)
    assert offered.values() == {"router": None, "deadline_s": None, "consent": ("bpdu",)}
    typed(offered, "deadline_s", "90")
    typed(offered, "consent", "")
    assert offered.values() == {"router": None, "deadline_s": 90, "consent": ()}


def test_the_list_holds_the_interfaces_of_the_host_with_what_is_known_of_them() -> None:
    told = [label for label, _ in form(NAMES, PARAMS, hosts.before()).fields["interface"].offers]
    assert told == ["enp4s0f0: 172.16.1.1/16, carrier", "enp4s0f1: no IPv4 address, down"]


def test_an_interface_that_the_host_lacks_is_called_so() -> None:
    (first, *_) = form(NAMES, PARAMS, hosts.snapshot()).fields["interface"].offers
    assert first == ("enp4s0f0 (not there)", "enp4s0f0")


def test_another_interface_brings_its_own_address_as_one_change(offered: Form) -> None:
    changes: list[object] = []
    offered.on_change(lambda: changes.append(offered.values()["address"]))
    typed(offered, "interface", "enp4s0f1")
    typed(offered, "interface", "enp4s0f0")
    assert changes == ["", "172.16.1.1/16"]
    assert offered.values()["gateway"] == "172.16.0.1"


def test_whoever_waits_for_a_change_is_called_once_it_was_judged(offered: Form) -> None:
    seen: list[Mapping[str, str]] = []
    offered.on_change(lambda: seen.append(offered.told))
    typed(offered, "gateway", "here")
    assert [set(told) for told in seen] == [{"gateway"}]
