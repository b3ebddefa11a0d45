"""libvirt's hook, run by a shell with nothing on its PATH that acts."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.unit.programs import Programs, hostile

from runbook.plan.changes.messages import Action, Route
from runbook.plan.changes.network_hook import (
    HookShape,
    hook_path,
    hook_script,
    is_ours,
    rejoin_line,
)

NIC, BRIDGE = "enp4s0f0", "virbr1"
DEFAULT = Route(Action.ENSURE, "default", BRIDGE, gateway="172.16.0.1")
OTHER = Route(Action.ENSURE, "10.0.0.0/8", BRIDGE, gateway="172.16.0.9", metric=50)
MAC = "52:54:00:ab:cd:ef"
NOTIFY = (f"net.ipv4.conf.{BRIDGE}.arp_notify", "1")


def shape(**other: object) -> HookShape:
    """The usual one, but for `other`."""
    usual = HookShape(
        "routed", BRIDGE, NIC, MAC, stp=True, routes=(DEFAULT, OTHER), sysctls=(NOTIFY,)
    )
    return replace(usual, **other)  # type: ignore[arg-type]


SHAPE = shape()
JOINED = [
    "ip link set dev virbr1 type bridge stp_state 0",
    "ip link set dev virbr1 type bridge forward_delay 0",
    "ip link set dev enp4s0f0 up",
    "ip link set dev enp4s0f0 master virbr1",
    "sysctl -q -w net.ipv4.conf.virbr1.arp_notify=1",
    "ip " + " ".join(DEFAULT.words()),
    "ip " + " ".join(OTHER.words()),
    "ip -oneline link show dev enp4s0f0",
    "ip link set dev virbr1 address 52:54:00:ab:cd:ef",
    "ip link set dev virbr1 type bridge stp_state 1",
]


def test_a_port_that_ifupdown_makes_is_waited_for(tmp_path: Path) -> None:
    there, missing = (shape(nic=nic, made_at_boot=True) for nic in ("lo", "no-such-nic"))
    for name in ("there", "missing"):
        (tmp_path / name).mkdir()
    assert ["sleep", "1"] not in run(there, tmp_path / "there", "routed", "started")[1]
    _, ran = run(missing, tmp_path / "missing", "routed", "started")
    joins = ran.index(["ip", "link", "set", "dev", "no-such-nic", "master", BRIDGE])
    assert ran[:joins].count(["sleep", "1"]) == 10


def test_ifupdown_has_a_port_that_it_made_anew_join_again_if_the_bridge_is_there() -> None:
    line = rejoin_line("routed", BRIDGE, hook_path("routed"))
    assert line.startswith(f"post-up [ ! -e /sys/class/net/{BRIDGE} ] || ")
    assert f"{hook_path('routed')} routed started begin - </dev/null" in line


def run(shape: HookShape, folder: Path, *words: str, ip: str = "") -> tuple[int, list[list[str]]]:
    """The hook as libvirt runs it: object, operation, sub-operation, and XML on its input.

    `ip` is shell that the stub of ip(8) ends with.
    """
    programs = Programs(folder / "programs")
    programs.set_up(real=("cat",), stubs=("ip", "sysctl", "sleep", "logger", "INJECTED"))
    with (programs.folder / "ip").open("a") as stub:
        stub.write(ip)
    script = folder / "hook"
    script.write_text(programs.as_path_of(hook_script(shape)))
    argv = ["/bin/sh", str(script), *words, "begin", "-"]
    done = subprocess.run(argv, input=b"<hookData/>" * 9000, check=False, timeout=30)
    return done.returncode, programs.ran()


def lines(ran: list[list[str]]) -> list[str]:
    return [" ".join(words) for words in ran]


def test_a_nic_that_is_not_there_is_told_to_the_journal_and_libvirt_goes_on(
    tmp_path: Path,
) -> None:
    gone = f"case \"$*\" in *{NIC}*) echo 'Cannot find device' >&2; exit 1;; esac\n"
    status, ran = run(SHAPE, tmp_path, "routed", "started", ip=gone)
    assert status == 0
    told = [line for line in lines(ran) if line.startswith("logger")]
    assert len(told) == 2
    assert f"failed: ip link set dev {NIC} master {BRIDGE}: Cannot find device" in told[1]
    assert [line for line in lines(ran) if line not in told] == JOINED


def test_without_a_logger_it_is_told_to_libvirt_s_own_log(tmp_path: Path) -> None:
    programs = Programs(tmp_path / "programs")
    programs.set_up(real=("cat", "false"), stubs=("sysctl", "sleep"))
    (programs.folder / "ip").symlink_to(programs.folder / "false")
    script = tmp_path / "hook"
    script.write_text(programs.as_path_of(hook_script(SHAPE)))
    argv = ["/bin/sh", str(script), "routed", "started", "begin", "-"]
    done = subprocess.run(argv, input=b"", capture_output=True, check=False, timeout=30)
    assert done.returncode == 0
    assert f"failed: ip link set dev {NIC} up: ".encode() in done.stderr


def test_a_link_that_is_still_coming_up_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    down = "case $1 in -oneline) echo '2: enp4s0f0: <UP> state DOWN';; esac\n"
    status, ran = run(SHAPE, tmp_path, "routed", "started", ip=down)
    assert status == 0
    assert lines(ran).count("sleep 1") == 5
    assert lines(ran)[-2:] == JOINED[-2:]


def test_routes_that_reach_the_gateways_of_others_come_first(tmp_path: Path) -> None:
    near = Route(Action.ENSURE, "192.0.2.0/24", BRIDGE, scope="link", prefsrc="172.16.1.1")
    _, ran = run(shape(routes=(DEFAULT, near)), tmp_path, "routed", "started")
    dsts = [words[3] for words in ran if words[:2] == ["ip", "route"]]
    assert dsts == ["192.0.2.0/24", "default"]


def test_a_route_comes_back_with_all_that_it_says(tmp_path: Path) -> None:
    full = Route(
        *(Action.ENSURE, "10.20.0.0/16", BRIDGE, "172.16.0.9", "172.16.1.1", 7, "static"),
        *("global", 50, 16, True, 1400),
    )
    _, ran = run(shape(routes=(full,)), tmp_path, "routed", "started")
    assert (
        "ip route replace 10.20.0.0/16 via 172.16.0.9 dev virbr1 table 7 proto static"
        " scope global src 172.16.1.1 metric 50 tos 16 mtu 1400 onlink"
    ) in lines(ran)


def test_an_mtu_of_its_own_comes_back_before_the_nic_joins(tmp_path: Path) -> None:
    _, ran = run(shape(mtu=9000), tmp_path, "routed", "started")
    about = [line for line in lines(ran) if line.startswith(f"ip link set dev {NIC}")]
    assert about == [
        "ip link set dev enp4s0f0 mtu 9000",
        "ip link set dev enp4s0f0 up",
        "ip link set dev enp4s0f0 master virbr1",
    ]


def test_stp_stays_off_where_it_was_not_asked_for(tmp_path: Path) -> None:
    _, ran = run(shape(stp=False), tmp_path, "routed", "started")
    assert "stp_state 1" not in str(ran)


@pytest.mark.parametrize(
    "words", [("default", "started"), ("routed", "stopped"), ("routed2", "started"), ("", "")]
)
def test_another_network_or_another_moment_is_none_of_its_business(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    assert run(SHAPE, tmp_path, *words) == (0, [])


def test_a_critic_of_shell_scripts_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(hook_script(SHAPE))
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(tmp_path / "hook")]
    done = subprocess.run(critic, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@settings(max_examples=15)
@given(hostile, hostile, hostile)
def test_no_name_is_ever_run(network: str, bridge: str, nic: str) -> None:
    route = Route(Action.ENSURE, "default", bridge, gateway=nic)
    made = HookShape(network, bridge, nic, nic, stp=True, routes=(route,), sysctls=((bridge, nic),))
    with tempfile.TemporaryDirectory() as folder:
        status, ran = run(made, Path(folder), network, "started")
    assert status == 0
    assert {words[0] for words in ran} == {"ip", "sysctl"}
    # Each arrives whole, as one argument.
    assert ["ip", "link", "set", "dev", nic, "master", bridge] in ran
    assert ["sysctl", "-q", "-w", f"{bridge}={nic}"] in ran
    assert ["ip", *route.words()] in ran


@given(hostile)
def test_another_name_never_stands_for_this_one(network: str) -> None:
    script = hook_script(shape(network=network))
    guard = next(line for line in script.split("\n") if line.startswith("[ "))
    if "\n" not in network:
        assert shlex.split(guard)[3] == network


def test_scripts_of_several_networks_do_not_share_a_file() -> None:
    assert hook_path("routed") != hook_path("other")
    assert hook_path("routed").startswith("/etc/libvirt/hooks/network.d/")


def test_a_hook_of_runbook_is_told_from_another_network_s_and_from_somebody_else_s() -> None:
    script = hook_script(SHAPE)
    assert is_ours(script, SHAPE.network)
    assert not is_ours(script, "other")
    assert not is_ours("#!/bin/sh\nexit 0\n", SHAPE.network)


def test_the_nic_joins_the_routes_come_back_and_the_neighbours_are_told(tmp_path: Path) -> None:
    status, ran = run(SHAPE, tmp_path, "routed", "started")
    assert status == 0
    assert lines(ran) == JOINED
