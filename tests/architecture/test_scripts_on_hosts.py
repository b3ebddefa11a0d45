"""What runs on a host or in a guest takes no program and no setting from where it is started."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import deadline
from runbook.apply.checkpoint.script import undo_script
from runbook.guest.configure.guest_edit import FileEdit, GuestEdit
from runbook.guest.undo import layout
from runbook.guest.undo.script import change_script, later_script, setup_script
from runbook.plan.changes.network_hook import HookShape, hook_script
from runbook.plan.routed.procedure import make_plan

SOURCES = Path(__file__).parents[2] / "src/runbook"
EDIT = GuestEdit("ifupdown", "eth0", (FileEdit("/etc/x", None, b"", 0o600),), down=(), up=())
CHANGE = change_script(EDIT, "1", "vm-01")
SCRIPTS = {
    "undo": undo_script(
        make_plan(fakes.params(), fakes.seen()),
        change_id=fakes.CHANGE,
        title="by root",
        machine_id=fakes.MACHINE,
    ),
    "deadline": deadline.script(),
    "hook": hook_script(
        HookShape("routed", "virbr1", "eth0", fakes.NIC_MAC, stp=True, routes=(), sysctls=())
    ),
    "guest's undo": CHANGE,
    "guest's setup": setup_script(EDIT, "1", 300, CHANGE),
    "guest's deadline": later_script(),
    "guest's hook": layout.HOOK_TEXT,
    "guest's look": files("runbook.state.guest").joinpath("inside.sh").read_text(),
}
# An interpreter that is started on a host looks into the folder where it is started, unless...
PYTHON = re.compile(r"python3[\"' ,]+(?!-I)-")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_sets_its_path_and_its_language_and_leaves_its_caller_s_folder(name: str) -> None:
    text = SCRIPTS[name]
    for line in (r"PATH=/\S+", r".*LC_ALL=C\b", r".*\bcd (?:/|\"\$here\")(?:$| )"):
        assert re.search(f"^{line}", text, re.MULTILINE), line


@pytest.mark.parametrize("name", ["undo", "guest's undo"])
def test_an_undo_goes_on_when_its_terminal_or_its_reader_goes_away(name: str) -> None:
    head, trap, _ = SCRIPTS[name].partition("\ntrap '' HUP PIPE\n")
    assert trap
    assert "say " not in head.replace("say() ", "")


def test_every_python_on_a_host_is_isolated() -> None:
    ours = (p for p in SOURCES.rglob("*") if p.suffix in (".py", ".sh"))
    texts = {p.name: p.read_text() for p in ours if "lab" not in p.relative_to(SOURCES).parts}
    assert [name for name, text in texts.items() if PYTHON.search(text)] == []
    assert texts["undo_head.sh"].count("python3 -I ") == 1
