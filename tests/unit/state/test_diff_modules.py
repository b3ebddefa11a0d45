"""A kernel module that was loaded brings things along; nobody has changed them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes

from runbook.state.diff import compare, diff
from runbook.state.kernel_modules import loaded_since
from runbook.state.snapshot import Snapshot

FORWARD = ("net.ipv4.ip_forward", "0")
LOOSE = "net.netfilter.nf_conntrack_tcp_loose"
CALL = "net.bridge.bridge-nf-call-iptables"
# What libvirt's rules load on Debian 12's kernel, among others.
BY_RULES = ("nf_conntrack", "nf_nat", "xt_MASQUERADE")


def host(*modules: str, file: str = "", **parameters: str) -> Snapshot:
    values = {FORWARD[0]: FORWARD[1], **parameters}
    tables: dict[str, list[fakes.Row]] = {
        "modules": [{"name": name, "users": 1} for name in modules],
        "sysctl": [{"name": name, "value": value} for name, value in values.items()],
    }
    if file:
        row = {"mode": "0644", "uid": 0, "gid": 0, "sha256": "", "encoding": "utf-8"}
        tables["files"] = [{**row, "path": "/etc/sysctl.d/9.conf", "content": file}]
    return fakes.seen(**tables)


def older(snapshot: Snapshot) -> Snapshot:
    """As a program took it that did not read modules."""
    return replace(snapshot, format_version=1)


@pytest.mark.parametrize(("module", "parameter"), [("nf_conntrack", LOOSE), ("br_netfilter", CALL)])
def test_what_a_module_brings_is_no_difference_and_the_module_is_named(
    module: str, parameter: str
) -> None:
    before, after = host("bridge"), host("bridge", module, **{parameter: "1"})
    assert not diff(before, after).empty
    assert compare(before, after).empty
    assert loaded_since(before, after) == (module,)


def test_every_module_that_was_loaded_is_named_and_none_of_them_is_a_difference() -> None:
    before, after = host("bridge"), host("bridge", *BY_RULES, **{LOOSE: "1"})
    assert compare(before, after).empty
    assert loaded_since(before, after) == BY_RULES


def test_a_module_that_has_gone_is_no_difference() -> None:
    assert compare(host("bridge", "tun"), host("bridge")).empty


@pytest.mark.parametrize(("module", "name"), [("nf_conntrack", LOOSE), ("br_netfilter", CALL)])
def test_a_parameter_that_came_with_its_module_and_was_then_set_is_a_difference(
    module: str, name: str
) -> None:
    before, after = host(), host(module, **{name: "0"})
    assert list(compare(before, after).rows["key"]) == [name]


def test_what_a_file_of_the_host_sets_when_a_module_comes_is_no_difference() -> None:
    file = f"{CALL} = 0\n"
    before, after = host(file=file), host("br_netfilter", file=file, **{CALL: "0"})
    assert compare(before, after).empty


def test_a_parameter_that_came_with_no_module_is_a_difference() -> None:
    assert list(compare(host(), host("tun", **{LOOSE: "1"})).rows["key"]) == [LOOSE]


def test_a_module_that_was_loaded_before_hides_no_parameter_that_somebody_changed() -> None:
    before = host("nf_conntrack", **{LOOSE: "1"})
    after = host("nf_conntrack", **{LOOSE: "0", FORWARD[0]: "1"})
    assert set(compare(before, after).rows["key"]) == {FORWARD[0], LOOSE}
    assert loaded_since(before, after) == ()


def test_in_an_older_snapshot_the_module_is_known_by_what_it_brought() -> None:
    before, after = older(host()), host(*BY_RULES, **{LOOSE: "1"})
    assert compare(before, after).empty
    assert loaded_since(before, after) == ("nf_conntrack",)
    there = older(host(**{LOOSE: "1"}))
    assert list(compare(there, host(*BY_RULES, **{LOOSE: "0"})).rows["key"]) == [LOOSE]
    assert loaded_since(there, after) == ()


def test_a_parameter_that_is_gone_is_a_difference() -> None:
    before, after = host("br_netfilter", **{CALL: "1"}), host()
    assert list(compare(before, after).rows["key"]) == [CALL]
