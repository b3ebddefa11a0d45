"""What is written into the script, and what can never be."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.apply.checkpoint.sandbox import Sandbox
from tests.unit.programs import hostile

from runbook.apply.checkpoint import undo_script
from runbook.apply.checkpoint.script import made_dirs, restored_paths
from runbook.plan.changes.aside import MoveAside
from runbook.plan.changes.bridge_ports import Cutover
from runbook.plan.changes.change import Change
from runbook.plan.changes.file_steps import (
    EditFile,
    LineEdit,
    MakeDir,
    RemoveFile,
    WriteFile,
)
from runbook.plan.changes.networks import CreateNetwork
from runbook.plan.changes.revert_steps import TakeBack
from runbook.plan.changes.steps import Step, Unless
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan

STANDARD = make_plan(fakes.params(), fakes.seen())
FIREWALL = [
    fakes.rule(f'-A INPUT -i {fakes.NIC} -m comment --comment "it\'s $(x)" -j ACCEPT', 1),
    fakes.rule(f"-A INPUT -i {fakes.NIC} -j DROP", 1, family="inet6", backend="legacy"),
]
LEASE = {
    "client": "dhcpcd",
    "pid": 7,
    "ifname": fakes.NIC,
    "argv": "dhcpcd: enp4s0f0 [ip4]",
    "lease_file": "/var/lib/dhcpcd/enp4s0f0.lease",
}
ROUTE = fakes.route("10.0.0.0/8", fakes.NIC, gateway="172.16.0.7", table=9, onlink=True)
FULL = make_plan(
    fakes.params(stp=False),
    fakes.seen(firewall=FIREWALL, leases=[LEASE], **fakes.more("routes", ROUTE)),
)

SLAAC = make_plan(fakes.params(), fakes.seen(**fakes.slaac()))


def script(plan: Plan, title: str = "Armed by root@desk at noon.") -> str:
    return undo_script(plan, change_id=fakes.CHANGE, title=title, machine_id=fakes.MACHINE)


@pytest.mark.parametrize("plan", [STANDARD, FULL, SLAAC], ids=["standard", "full", "slaac"])
def test_a_critic_of_shell_scripts_finds_nothing(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "undo").write_text(script(plan))
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(tmp_path / "undo")]
    done = subprocess.run(critic, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_same_plan_is_the_same_script() -> None:
    assert script(FULL) == script(FULL)


def test_a_person_at_the_console_reads_what_it_does_and_for_whom() -> None:
    head = script(STANDARD).split("set -u")[0]
    for said in ("server-01", fakes.CHANGE, "Armed by root@desk", fakes.ADDRESS, "sh undo"):
        assert said in head


@pytest.mark.parametrize("plan", [STANDARD, FULL], ids=["standard", "full"])
def test_every_step_back_is_in_it(plan: Plan) -> None:
    text = script(plan)
    for path in restored_paths(plan):
        assert f"\nrestore {path} " in text or f"\nput_back {path} " in text
    for directory in made_dirs(plan):
        assert f"remove_dir {directory} " in text
    for command in ("drop_network routed virbr1", "ip link delete dev rbcarrier0"):
        assert command in text
    written = {n.step.path for n in plan.steps() if isinstance(n.step, WriteFile | EditFile)}
    assert written <= set(restored_paths(plan))
    removed = {n.step.path for n in plan.steps() if isinstance(n.step, MoveAside)}
    assert removed <= set(restored_paths(plan))
    assert {n.step.path for n in plan.steps() if isinstance(n.step, MakeDir)} == set(
        made_dirs(plan)
    )


def test_rules_go_by_their_words_and_the_client_comes_back() -> None:
    text = script(FULL)
    assert "iptables-nft -w 5 -t filter -D INPUT -i virbr1 -m comment" in text
    assert "ip6tables-legacy -w 5 -t filter -D INPUT -i virbr1 -j DROP" in text
    assert "|| dhcpcd enp4s0f0 8>&- 9>&-" in text


class Unknown:
    phase, title, before, after = "settle", "x", "", ""

    def __init__(self, step: Step) -> None:
        self.step = step

    def do(self) -> tuple[Step, ...]:
        return ()

    def undo(self) -> tuple[Step, ...]:
        return (self.step,)


@pytest.mark.parametrize(
    "step",
    [
        WriteFile("/x", b"", 0o644),
        EditFile("/x", "", (LineEdit(1, 1, ""),)),
        RemoveFile("/x"),
        MoveAside("/x"),
        Unless(("dhclient",), ("dhclient",)),
        TakeBack("/x", "files", (), 1.0),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_that_it_cannot_say_is_an_error_and_never_left_out(step: Step) -> None:
    with pytest.raises(TypeError, match="no place in an undo script"):
        script(replace(STANDARD, changes=(*STANDARD.changes, Unknown(step))))


def named(name: str) -> Plan:
    """The full plan of a host and a network of that name."""

    def other(change: Change) -> Change:
        return replace(change, name=name) if isinstance(change, CreateNetwork) else change

    changes = tuple(other(change) for change in FULL.changes)
    promise = replace(FULL.of_host, network=name)
    return replace(FULL, host=name, promise=promise, changes=changes)


@settings(max_examples=15)
@given(hostile, hostile)
def test_no_name_is_ever_run(name: str, operator: str) -> None:
    text = script(named(name), f"Armed by {operator}@desk.")
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder), fakes.CHANGE)
        sandbox.set_up(text)
        assert sandbox.undo() in (0, 1)
        ran = sandbox.ran()
    assert "INJECTED" not in {run[0] for run in ran}
    # It arrives whole, as one argument.
    virsh = ["timeout", "10", "virsh", "--connect", "qemu:///system"]
    assert [*virsh, "net-undefine", name] in ran


@settings(max_examples=40)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_name_leaves_a_script_that_a_shell_can_read(name: str) -> None:
    done = subprocess.run(["sh", "-n"], input=script(named(name), name).encode(), check=False)
    assert done.returncode == 0


def test_no_word_of_a_message_ends_the_text_that_ip_is_given() -> None:
    label = "e:\nIP\nid\n"
    changes = tuple(
        replace(one, address=replace(one.address, label=label)) if isinstance(one, Cutover) else one
        for one in STANDARD.changes
    )
    script = undo_script(
        replace(STANDARD, changes=changes), change_id="x", title="", machine_id="0" * 32
    )
    assert "label" in script
    assert "id" not in [line.strip() for line in script.splitlines()]
