"""What inventories say of hosts, and that an odd one is refused before any host is asked."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import CorrectParameters
from runbook.fleet.hosts import FleetHost
from runbook.fleet.inventory import from_inventory


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"_meta": {}}',
        '{"_meta": {}, "web": {"hosts": ["../../etc/passwd"]}}',
        '{"_meta": {}, "web": {"hosts": ["-oProxyCommand=x"]}}',
        '{"_meta": {}, "web": {"hosts": [7]}}',
        '{"_meta": {}, "web": []}',
        '{"results": []}',
        '{"results": [{"id": 7}]}',
        '{"results": ["server-01"]}',
        '{"results": [{"name": "a b"}]}',
        '{"results": [{"name": "a"}], "next": "https://netbox/api/dcim/devices/?offset=50"}',
        '{"results": [{"name": "a", "custom_fields": {"runbook_host": "b"}}]}',
        '{"results": [{"name": "a", "config_context": {"runbook_x; import os": 1}}]}',
        '{"_meta": {"hostvars": {"a": {"runbook_password": "hunter2"}}}, "web": {"hosts": ["a"]}}',
        '{"_meta": {"hostvars": {"a": []}}, "web": {"hosts": ["a"]}}',
        '{"_meta": {}, "web": {"children": "db"}}',
    ],
)
def test_an_inventory_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(CorrectParameters, match="inventory cannot be used"):
        from_inventory(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connect", "local"),
        ("destination", "root@elsewhere"),
        ("ssh_config", "/tmp/theirs"),  # noqa: S108 - it is refused
        ("router", "root@elsewhere"),
        ("libvirt_uri", "qemu:///system"),
        ("recording", "other.json"),
        ("machine_id", "0" * 32),
        ("mode", "apply"),
        ("consent", ["docker"]),
        ("approval", "other"),
        ("approved", "0" * 64),
        ("approved_by", "bob"),
        ("approval_signature", "/tmp/sig"),  # noqa: S108 - likewise
        ("sign_with", "/tmp/key"),  # noqa: S108 - likewise
    ],
)
def test_an_inventory_chooses_neither_the_way_to_a_host_nor_what_somebody_accepts(
    name: str, value: object
) -> None:
    vars_ = {f"runbook_{name}": value}
    netbox = {"results": [{"name": "a", "custom_fields": vars_}]}
    ansible = {"_meta": {"hostvars": {"a": vars_}}, "web": {"hosts": ["a"]}}
    for inventory in (netbox, ansible):
        with pytest.raises(CorrectParameters, match=f"{name} of a is not its to say"):
            from_inventory(json.dumps(inventory))


@pytest.mark.timeout(20)
def test_groups_that_are_in_many_others_are_looked_at_once() -> None:
    inventory: dict[str, object] = {"_meta": {}}
    for number in range(60):
        below = [f"a{number + 1}", f"b{number + 1}"]
        inventory |= {f"a{number}": {"children": below}, f"b{number}": {"children": below}}
    inventory["a60"] = {"hosts": ["server-01"]}
    (host,) = from_inventory(json.dumps(inventory))
    assert len(host.groups) == 121


@pytest.mark.timeout(20)
def test_groups_that_are_in_each_other_very_deep_are_read() -> None:
    deep = {f"g{number}": {"children": [f"g{number + 1}"]} for number in range(2000)}
    (host,) = from_inventory(json.dumps({"_meta": {}, **deep, "g2000": {"hosts": ["server-01"]}}))
    assert len(host.groups) == 2001


@given(st.text(max_size=40) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_text_gives_hosts_or_our_own_error(text: str) -> None:
    with suppress(CorrectParameters):
        from_inventory(text)


def test_groups_that_are_in_each_other_end() -> None:
    round_and_round = {"a": {"children": ["b"]}, "b": {"children": ["a"], "hosts": ["server-01"]}}
    (host,) = from_inventory(json.dumps({"_meta": {}, **round_and_round}))
    assert set(host.groups) == {"a", "b"}


def test_ansible_s_groups_are_the_groups_with_all_that_is_in_them() -> None:
    ansible = {
        "_meta": {"hostvars": {"server-01": {"ansible_user": "root", "runbook_stp": False}}},
        "all": {"children": ["racks", "web", "ungrouped"]},
        "web": {"hosts": ["server-01", "server-02"]},
        "racks": {"children": ["rack-1"]},
        "rack-1": {"hosts": ["server-01"]},
        "ungrouped": {"hosts": ["server-03"]},
    }
    assert from_inventory(json.dumps(ansible)) == (
        FleetHost("server-01", ("web", "racks", "rack-1"), {"stp": False}),
        FleetHost("server-02", ("web",)),
        FleetHost("server-03", ("ungrouped",)),
    )


def test_netbox_s_tags_and_places_are_the_groups() -> None:
    netbox = {
        "next": None,
        "results": [
            {
                "name": "server-01",
                "tags": [{"slug": "kvm"}],
                "site": {"slug": "berlin"},
                "role": None,
                "config_context": {"runbook_probes": ["10.0.0.1"], "ntp": ["10.0.0.2"]},
                "custom_fields": {"runbook_stp": True, "runbook_gateway": None},
            },
            {"name": "server-02"},
        ],
    }
    assert from_inventory(json.dumps(netbox)) == (
        FleetHost("server-01", ("kvm", "berlin"), {"probes": ["10.0.0.1"], "stp": True}),
        FleetHost("server-02"),
    )
