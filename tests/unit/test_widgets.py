from __future__ import annotations

from pathlib import Path

from tests.unit import hosts

from runbook.params import for_host
from runbook.widgets import form

ROOT = Path(__file__).parents[2]
PARAMS = for_host(ROOT / "params", {"host": "server-01"})


def test_the_form_begins_with_the_parameters() -> None:
    assert form(PARAMS, hosts.before()).values() == {
        "interface": "enp4s0f0",
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
        "bridge": "virbr1",
    }


def test_the_list_holds_the_interfaces_of_the_host_with_their_addresses() -> None:
    told = [label for label, _ in form(PARAMS, hosts.before()).fields["interface"].options]
    assert told == ["enp4s0f0: 172.16.1.1/16", "enp4s0f1: no IPv4 address"]


def test_an_interface_that_the_host_lacks_is_called_so() -> None:
    (first, *_) = form(PARAMS, hosts.snapshot()).fields["interface"].options
    assert first == ("enp4s0f0 (not on server-01)", "enp4s0f0")


def test_another_interface_brings_its_own_address() -> None:
    offered = form(PARAMS, hosts.before())
    offered.fields["interface"].value = "enp4s0f1"
    assert offered.values()["address"] == ""
    offered.fields["interface"].value = "enp4s0f0"
    assert offered.values()["address"] == "172.16.1.1/16"
