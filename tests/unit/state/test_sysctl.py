from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import FakeHost
from tests.unit.state.recorded import as_documented, column, host

from runbook.state import sysctl

SWAPPED = str.maketrans("./", "/.")
parts = st.text("abz019._-", min_size=1, max_size=10).filter(lambda part: part not in (".", ".."))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward"),
        ("/proc/sys/net/ipv4/conf/enp4s0f0.7/rp_filter", "net.ipv4.conf.enp4s0f0/7.rp_filter"),
        ("/proc/sys/net/bridge/bridge-nf-call-arptables", "net.bridge.bridge-nf-call-arptables"),
    ],
)
def test_a_parameter_is_called_as_sysctl_calls_it(path: str, name: str) -> None:
    assert sysctl.name_of(path) == name


@given(st.lists(parts, min_size=1, max_size=5))
def test_the_name_leads_back_to_the_file(folders: list[str]) -> None:
    path = "/proc/sys/" + "/".join(folders)
    assert "/proc/sys/" + sysctl.name_of(path).translate(SWAPPED) == path


def test_a_value_is_told_without_its_line_end() -> None:
    table = sysctl.parse({"/proc/sys/net/ipv4/ip_forward": b"1\n"})
    assert as_documented(table, sysctl.TABLE)
    assert column(table, "value") == ["1"]


def test_one_that_is_not_there_is_left_out() -> None:
    there = FakeHost()
    there.hold("/proc/sys/net/ipv4/ip_forward", "0\n")
    assert column(sysctl.read(there), "name") == ["net.ipv4.ip_forward"]
    assert not sysctl.read(FakeHost())


def test_the_recorded_host_tells_what_decides_about_its_guests(tmp_path: Path) -> None:
    table = sysctl.read(host(tmp_path))
    assert as_documented(table, sysctl.TABLE)
    told = dict(zip(column(table, "name"), column(table, "value"), strict=True))
    assert told["net.ipv4.ip_forward"] == "0"
    assert told["net.bridge.bridge-nf-call-iptables"] == "1"
    assert told["net.ipv4.conf.enp4s0f0.rp_filter"] == "0"
    assert told["net.ipv6.conf.all.disable_ipv6"] == "0"
    assert told["net.netfilter.nf_conntrack_tcp_loose"] == "1"
