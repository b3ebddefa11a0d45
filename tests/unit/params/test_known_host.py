"""What leads to a host is read by itself: a fault in the rest of its file refuses no way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook.common.errors import ParameterError
from runbook.params import KnownHost, known_host
from runbook.params.source import Source

WAY = "connect: ssh+sudo\ndestination: admin@172.16.1.1\n"


def known(folder: Path, text: str, **injected: object) -> KnownHost:
    (folder / "server-01.yaml").write_text(text)
    return known_host(folder, {"host": "server-01", **injected})


def refused(folder: Path, text: str, **injected: object) -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        known(folder, text, **injected)
    return caught.value


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "bridge: no bridge at all\n",
        "bridge: enp4s0f0\ninterface: enp4s0f0\n",
        "gateway: 172.16.1.1\naddress: 172.16.1.1/16\n",
        "gateway:\n",
        "gatway: 172.16.0.1\n",
        "consent: [nothing-known]\n",
        "probes: [[1]]\n",
        "guests:\n  - name: 7\n    password: x\n",
        "guests: !!python/object:os.system {}\n",
        "deadline_s: soon\n",
        "rules: not-there.rules\n",
        "mode: perhaps\n",
        "stp: 1\nstp: 2\n",
        "? [a, b]\n: c\n",
    ],
)
def test_whatever_only_a_change_needs_is_not_judged(tmp_path: Path, rest: str) -> None:
    host = known(tmp_path, WAY + rest)
    assert (host.connect, host.destination) == ("ssh+sudo", "admin@172.16.1.1")
    assert host.sources["connect"] == Source("file", f"{tmp_path.name}/server-01.yaml:1")
    assert host.notes == ()


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("connect: telnet\n", "connect"),
        ("connect: [ssh]\n", "connect"),
        ("connect: recorded\n", "recording"),
        ("destination: -oProxyCommand=x\n", "destination"),
        ("destination:\n", "destination"),
        ("machine_id: 7\n", "machine_id"),
        ("host: server-02\n", "host"),
        ("destination: a\ndestination: b\n", "host"),
    ],
)
def test_what_leads_to_the_host_is_judged_as_ever(tmp_path: Path, line: str, field: str) -> None:
    assert refused(tmp_path, line).field == field


@pytest.mark.parametrize(
    ("line", "meant"),
    [("conect: local\n", "connect"), ("destinaton: b\n", "destination"), ("machine: x\n", "mach")],
)
def test_a_name_that_may_be_meant_to_lead_to_the_host_is_refused(
    tmp_path: Path, line: str, meant: str
) -> None:
    error = refused(tmp_path, line)
    assert f"did you mean '{meant}" in error.then
    assert "server-01.yaml:1" in error.problem


def test_what_is_injected_wins_and_an_unknown_name_is_refused(tmp_path: Path) -> None:
    assert known(tmp_path, WAY, connect="local").connect == "local"
    assert refused(tmp_path, WAY, bridg="virbr1").field == "bridg"


@pytest.mark.parametrize("router", ["router: -oX\n", "router: [a]\n", "router:\n"])
def test_a_router_that_cannot_be_read_is_left_out_and_said(tmp_path: Path, router: str) -> None:
    host = known(tmp_path, WAY + router)
    assert host.router is None
    (note,) = host.notes
    assert "router" in note
    assert "server-01.yaml:3" in note
    assert known(tmp_path, "router: admin@172.16.0.1\n").router == "admin@172.16.0.1"


def test_without_a_file_the_way_is_ssh_to_the_name_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "server-01.yaml").write_text("")
    host = known_host(tmp_path, {"host": "server-1"})
    assert (host.connect, host.destination, host.machine_id) == ("ssh", "server-1", None)
    (note,) = host.notes
    assert f"there is no {tmp_path.name}/server-1.yaml" in note
    assert "`ssh server-1`" in note
    assert "did you mean 'server-01'?" in note
    assert known_host(tmp_path, {"host": "server-1", "connect": "local"}).connect == "local"
    with pytest.raises(ParameterError, match="no path"):
        known_host(tmp_path, {"host": "../server-01"})


@pytest.mark.parametrize("text", ["connect: [ssh\n", "connect: ssh\n\tx: y\n", "a\nb\n"])
def test_a_file_that_is_no_yaml_says_which_line_and_how_to_give_the_way_by_hand(
    tmp_path: Path, text: str
) -> None:
    error = refused(tmp_path, text)
    assert "server-01.yaml, line " in error.problem
    for said in ("correct", "move the file away", "`ssh server-01`", "connect: ssh+sudo"):
        assert said in error.then


@pytest.mark.parametrize("uri", ["not a uri", "qemu+ssh://server-02/system", "qemu:///session"])
def test_a_libvirt_uri_that_may_lead_elsewhere_is_left_out_and_said(
    tmp_path: Path, uri: str
) -> None:
    host = known(tmp_path, f"{WAY}libvirt_uri: '{uri}'\n")
    assert host.libvirt_uri is None
    (note,) = host.notes
    assert "libvirt_uri" in note
    assert "server-01.yaml:3" in note


def test_a_libvirt_uri_that_was_injected_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, WAY, libvirt_uri="qemu:///session").field == "libvirt_uri"


def test_what_else_is_wrong_beside_a_libvirt_uri_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "libvirt_uri: x\nmachine_id: short\n").field == "machine_id"
