"""libvirt's hook, run by a shell with nothing on its PATH that acts."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.unit.programs import Programs, hostile

from runbook.changes.messages import Action, Route
from runbook.changes.network_hook import HookShape, hook_path, hook_script

NIC, BRIDGE = "enp4s0f0", "virbr1"
DEFAULT = Route(Action.ENSURE, "default", BRIDGE, gateway="172.16.0.1")
OTHER = Route(Action.ENSURE, "10.0.0.0/8", BRIDGE, gateway="172.16.0.9", metric=50)
SHAPE = HookShape("routed", BRIDGE, NIC, stp=True, routes=(DEFAULT, OTHER))


def run(shape: HookShape, folder: Path, *words: str) -> tuple[int, list[list[str]]]:
    """The hook as libvirt runs it: object, operation, sub-operation, and XML on its input."""
    programs = Programs(folder / "programs")
    programs.set_up(real=("cat",), stubs=("ip", "INJECTED"))
    script = folder / "hook"
    script.write_text(programs.as_path_of(hook_script(shape)))
    argv = ["/bin/sh", str(script), *words, "begin", "-"]
    done = subprocess.run(argv, input=b"<hookData/>" * 9000, check=False, timeout=30)
    return done.returncode, programs.ran()


def test_the_nic_joins_and_the_routes_come_back_before_stp_goes_on(tmp_path: Path) -> None:
    status, ran = run(SHAPE, tmp_path, "routed", "started")
    assert status == 0
    assert [" ".join(words) for words in ran] == [
        "ip link set dev virbr1 type bridge stp_state 0",
        "ip link set dev virbr1 type bridge forward_delay 0",
        "ip link set dev enp4s0f0 up",
        "ip link set dev enp4s0f0 master virbr1",
        "ip " + " ".join(DEFAULT.words()),
        "ip " + " ".join(OTHER.words()),
        "ip link set dev virbr1 type bridge stp_state 1",
    ]


def test_an_mtu_of_its_own_comes_back_before_the_nic_joins(tmp_path: Path) -> None:
    shape = HookShape("routed", BRIDGE, NIC, stp=False, routes=(), mtu=9000)
    _, ran = run(shape, tmp_path, "routed", "started")
    assert [" ".join(words) for words in ran][-3:] == [
        "ip link set dev enp4s0f0 mtu 9000",
        "ip link set dev enp4s0f0 up",
        "ip link set dev enp4s0f0 master virbr1",
    ]


def test_stp_stays_off_where_it_was_not_asked_for(tmp_path: Path) -> None:
    shape = HookShape("routed", BRIDGE, NIC, stp=False, routes=(DEFAULT,))
    _, ran = run(shape, tmp_path, "routed", "started")
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
    shape = HookShape(network, bridge, nic, stp=True, routes=(route,))
    with tempfile.TemporaryDirectory() as folder:
        status, ran = run(shape, Path(folder), network, "started")
    assert status == 0
    assert {words[0] for words in ran} == {"ip"}
    # Each arrives whole, as one argument.
    assert ["ip", "link", "set", "dev", nic, "master", bridge] in ran
    assert ["ip", *route.words()] in ran


@given(hostile)
def test_another_name_never_stands_for_this_one(network: str) -> None:
    script = hook_script(HookShape(network, BRIDGE, NIC, stp=True, routes=()))
    guard = next(line for line in script.split("\n") if line.startswith("[ "))
    if "\n" not in network:
        assert shlex.split(guard)[3] == network


def test_scripts_of_several_networks_do_not_share_a_file() -> None:
    assert hook_path("routed") != hook_path("other")
    assert hook_path("routed").startswith("/etc/libvirt/hooks/network.d/")
