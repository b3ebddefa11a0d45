"""The two scripts of a revert: one takes the change back, the other makes it again."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.apply.checkpoint.test_script import FULL, SLAAC, STANDARD
from tests.unit.plan.revert import reverting
from tests.unit.plan.revert.reverting import INTERFACES, SCRIPT, recorded

from runbook.apply.checkpoint.script import revert_script, undo_script
from runbook.plan.plan import Plan
from runbook.plan.revert.procedure import make_plan

ADDRESS = "172.16.1.1/16"
REVERT = "20260401T120000Z-ddeeff"
PLANS = pytest.mark.parametrize("plan", [STANDARD, FULL, SLAAC], ids=["standard", "full", "slaac"])


def take_back(plan: Plan, *skipped: str) -> str:
    return revert_script(plan, fakes.CHANGE, fakes.MACHINE, frozenset(skipped))


def reverted(plan: Plan) -> Plan:
    """The plan of a revert of a change with this plan."""
    change = replace(recorded(), plan=plan)
    return make_plan(change, reverting.later(), SCRIPT, lambda skipped: take_back(plan, *skipped))


def make_again(plan: Plan) -> str:
    made = reverted(plan)
    return undo_script(made, change_id=REVERT, title="by root", machine_id=fakes.MACHINE)


@PLANS
def test_a_critic_of_shell_scripts_finds_nothing(plan: Plan, tmp_path: Path) -> None:
    for number, text in enumerate((take_back(plan), make_again(plan))):
        path = tmp_path / str(number)
        path.write_text(text)
        critic = [str(shutil.which("shellcheck")), "--shell=sh", str(path)]
        done = subprocess.run(critic, capture_output=True, check=False, text=True)
        assert (done.returncode, done.stdout) == (0, "")


def test_a_file_that_keeps_what_was_added_is_not_put_back_whole() -> None:
    assert f"restore {INTERFACES} " in take_back(STANDARD)
    assert f"restore {INTERFACES} " not in take_back(STANDARD, INTERFACES)
    # The others keep the names that their originals have.
    lines = [line for line in take_back(STANDARD).splitlines() if line.startswith("restore ")]
    less = take_back(STANDARD, INTERFACES).splitlines()
    assert {line for line in lines if line not in less} == {
        line for line in lines if INTERFACES in line
    }


def test_the_undo_of_the_revert_says_which_change_is_made_again() -> None:
    head = make_again(STANDARD).split("set -u")[0]
    assert f"# The change takes change {fakes.CHANGE} back.\n" in head
    assert f"before change {REVERT}" in head


@PLANS
def test_the_undo_of_the_revert_makes_nothing_that_is_there(plan: Plan) -> None:
    text = make_again(plan)
    network = text.partition("put_back_network() {\n")[2].partition("\n}\n")[0].splitlines()
    assert network[:2] == ["still_there network_is_back && return 0", "wake_libvirt"]
    assert "raise_network routed virbr1 /etc/libvirt/qemu/networks/routed.xml" in network
    files = text.partition("put_back_files() {\n")[2].partition("\n}\n")[0]
    assert "restore /etc/libvirt/qemu/networks/routed.xml" in files
    assert 'if [ "$why" = boot ]; then raise_network' in files


@PLANS
def test_the_address_is_on_the_bridge_again_before_the_nic_gives_it_away(plan: Plan) -> None:
    # A network that still runs does not put it there: the revert took it off the bridge.
    network = make_again(plan).partition("put_back_network() {\n")[2].partition("\n}\n")[0]
    lines = network.splitlines()
    (held,) = [n for n, line in enumerate(lines) if line.startswith(f"address replace {ADDRESS} ")]
    assert f"{ADDRESS} dev virbr1" in lines[held]
    assert lines.index(f"address del {ADDRESS} dev {fakes.NIC}") > held
    assert lines.index("raise_network routed virbr1 /etc/libvirt/qemu/networks/routed.xml") < held


def test_at_a_boot_it_waits_for_what_libvirt_makes() -> None:
    came_up = make_again(STANDARD).partition("came_up() {\n")[2].partition("\n}\n")[0]
    assert came_up.splitlines()[1] == "await_boot"


def test_the_undo_of_the_revert_puts_rules_in_once_and_ends_the_client() -> None:
    text = make_again(FULL)
    (insert,) = [
        line for line in text.splitlines() if "ip6tables-legacy" in line and " -I " in line
    ]
    check, _, rest = insert.partition(" || ")
    assert check.startswith("ip6tables-legacy -w 5 -t filter -C INPUT -i virbr1 -j DROP")
    assert rest.startswith("ip6tables-legacy -w 5 -t filter -I INPUT ")
    assert f"end_client {fakes.NIC} -4 " in text
