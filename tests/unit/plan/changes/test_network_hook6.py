"""The hook's part for IPv6, run by a shell with nothing on its PATH that acts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from tests.unit.programs import Programs, hostile

from runbook.plan.changes.messages import Action, Address, Route
from runbook.plan.changes.network_hook import HookShape, hook_script
from runbook.plan.changes.network_hook6 import HookIPv6, ipv6_function

NIC, BRIDGE, TOKEN = "enp4s0f0", "virbr1", "::16:1ff:fe00:1"
MAC = "52:54:00:ab:cd:ef"
ADDRESS = Address(Action.ENSURE, BRIDGE, "fd16::1:1", 64, nodad=True)
DEFAULT = Route(Action.ENSURE, "::/0", BRIDGE, gateway="fd16::1", metric=1024, onlink=True)
STATIC = HookIPv6((ADDRESS,), (DEFAULT,), "", learns=False)
SLAAC = HookIPv6((), (), TOKEN, learns=True)


def run(shape: HookIPv6 | None, root: Path) -> list[str]:
    """The whole hook at the network's start; what it ran, in order."""
    programs = Programs(root / "programs")
    programs.set_up(real=("cat",), stubs=("ip", "sysctl"))
    script = programs.as_path_of(hook(shape))
    argv = ["/bin/sh", "-c", script, "hook", "routed", "started", "begin", "-"]
    subprocess.run(argv, stdin=subprocess.DEVNULL, check=True, timeout=30)
    return [" ".join(words) for words in programs.ran()]


def hook(shape: HookIPv6 | None) -> str:
    return hook_script(
        HookShape("routed", BRIDGE, NIC, MAC, stp=True, routes=(), sysctls=(), ipv6=shape)
    )


def kept(ran: list[str]) -> list[str]:
    """The parameters that were written, in order."""
    writes = (line.removeprefix("sysctl -q -w net.ipv6.conf.") for line in ran)
    return [line for line in writes if line not in ran]


def test_static_addresses_and_routes_come_back_on_a_bridge_that_has_ipv6(tmp_path: Path) -> None:
    ran = run(STATIC, tmp_path)
    switches = [f"{BRIDGE}.disable_ipv6=0", f"{BRIDGE}.ndisc_notify=1", f"{NIC}.accept_ra=0"]
    assert kept(ran) == switches
    address, default = (ran.index("ip " + " ".join(m.words())) for m in (ADDRESS, DEFAULT))
    told = ran.index(f"ip link set dev {BRIDGE} address {MAC}")
    assert ran.index(f"ip link set dev {NIC} master {BRIDGE}") < address < default < told
    assert ran[-1] == f"ip link set dev {BRIDGE} type bridge stp_state 1"


def test_by_slaac_the_bridge_hears_routers_and_the_nic_does_not(tmp_path: Path) -> None:
    ran = run(SLAAC, tmp_path)
    assert kept(ran) == [
        f"{BRIDGE}.accept_ra=2",
        f"{BRIDGE}.autoconf=1",
        f"{BRIDGE}.disable_ipv6=0",
        f"{BRIDGE}.ndisc_notify=1",
        f"{NIC}.accept_ra=0",
    ]
    on = ran.index(f"sysctl -q -w net.ipv6.conf.{BRIDGE}.disable_ipv6=0")
    assert ran.index(f"ip token set {TOKEN} dev {BRIDGE}") < on


def test_what_the_nic_took_for_itself_is_gone_before_the_bridge_has_it(tmp_path: Path) -> None:
    ran = run(STATIC, tmp_path)
    flushed = ran.index(f"ip -6 address flush dev {NIC} scope global")
    assert flushed < ran.index("ip " + " ".join(ADDRESS.words()))


def test_without_ipv6_nothing_of_it_is_run_or_written(tmp_path: Path) -> None:
    ran = run(None, tmp_path)
    assert not [line for line in ran if "-6" in line or "token" in line]
    assert kept(ran) == []


@pytest.mark.parametrize("shape", [STATIC, SLAAC], ids=["static", "slaac"])
def test_a_critic_of_shell_scripts_finds_nothing(shape: HookIPv6, tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(hook(shape))
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(tmp_path / "hook")]
    done = subprocess.run(critic, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@given(hostile, hostile)
def test_no_name_ends_its_quotes(nic: str, bridge: str) -> None:
    text = ipv6_function(HookIPv6((), (), TOKEN, learns=True), nic, bridge)
    done = subprocess.run(["/bin/sh", "-n", "-c", text], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
