"""A new kind of step is named here until each place that has to know it does."""

from __future__ import annotations

import inspect
from typing import get_args

from runbook.apply.checkpoint import undo_checks
from runbook.apply.checkpoint.shell_lines import shell_lines
from runbook.apply.steps.perform import perform
from runbook.plan import plan_classes
from runbook.plan.changes import undo_parts
from runbook.plan.changes.aside import PutBack
from runbook.plan.changes.change import Change
from runbook.plan.changes.file_steps import MakeDir, RemoveDir, Restore
from runbook.plan.changes.guest_steps import ApplyInside, ArmInside, Plug, UndoneInside
from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.plan.changes.processes import StartClient
from runbook.plan.changes.revert_steps import EndOwnClient, InsertRule, RaiseNetwork
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    DropAttached,
    DropNetwork,
    Step,
    Sysctl,
    Unless,
)
from runbook.plan.changes.two_bridges import CloseShortcut, HurryKernel, JoinBridges, OpenShortcut
from runbook.plan.changes.waits import (
    AwaitAdmitted,
    AwaitCarrier,
    AwaitLinkLocal,
    AwaitRouter,
    Relearn,
)

STEPS = {kind for kind in plan_classes.kinds() if {"budget_s", "describe"} <= set(dir(kind))}
# A guest's session makes these: guest/sessions.py.
INSIDE = {ArmInside, ApplyInside}
# They go into `put_back_files`, not step by step.
FILES = {Restore, PutBack, RemoveDir, MakeDir}
# Only plans of version 0.1 have it, and their undo scripts are on their hosts.
OLDER = {Unless}
# What an undo does not look at afterwards, and why not.
UNCHECKED = {
    AwaitAdmitted: "a revert's undo asks for nothing that was admitted before",
    AwaitCarrier: "the address and the routes are looked at, which need it",
    AwaitLinkLocal: "likewise",
    AwaitRouter: "a router may not have spoken yet",
    EndOwnClient: "the address that it would bring back is looked for on the NIC",
    InsertRule: "a comparison of all rows follows; a rule alone brings nobody back",
    MakeDir: "a file that has no folder is not put back, and `restore` says so",
    RaiseNetwork: "the checks of a revert's promise look for it",
    Announce: "the neighbours learn the address by its first packet too",
    CarryNeighbours: "an entry that is lost is asked for again",
    HurryKernel: "an undo sets it by itself, and a boot as well",
    HushIdlePorts: "the NICs get their flag back in the same lines, and at a boot",
    OpenShortcut: "its rules forget the guests by themselves",
    CloseShortcut: "likewise",
    JoinBridges: "`take_ports` takes the pair away again",
    Command: "it may be anything; its result is checked by the rest",
    Relearn: "a router may not have spoken yet",
    RemoveDir: "a directory that is not empty stays on purpose",
    Restore: "`restore` in the script compares by itself",
    PutBack: "where it cannot rename it restores, and says when it cannot",
    StartClient: "a DHCP client may wait for its lease for as long as the server is silent",
    UndoneInside: "the guest's own undo compares inside",
}
# What an undo makes after the network and the files, and why it may wait.
LATER = {
    AwaitAdmitted: "a revert alone asks for it, and its part is its own",
    AwaitCarrier: "likewise",
    AwaitLinkLocal: "likewise",
    AwaitRouter: "likewise",
    EndOwnClient: "likewise",
    InsertRule: "likewise",
    RaiseNetwork: "likewise",
    Command: "it may be anything, and the operator is back before",
    DropAttached: "the bridge stays",
    DropNetwork: "the bridge has no port and no address by then",
    HurryKernel: "the lines that move a port hurry by themselves",
    HushIdlePorts: "it belongs to a switch of the kernel's, which is part of the rest",
    Plug: "the definition; the running guest's is in the network's part",
    Relearn: "a stand-in leads by the router until then",
    StartClient: "the address is there already",
    Sysctl: "the NIC's own are in the network's part",
    UndoneInside: "the guest undoes by itself",
}


def registered(function: object) -> set[type]:
    """The kinds that a singledispatch function has a branch for."""
    registry: dict[type, object] = function.registry  # type: ignore[attr-defined] # of singledispatch
    return {kind for kind in registry if kind is not object}


def names(found: set[type]) -> list[str]:
    return sorted(kind.__name__ for kind in found)


def test_the_type_of_a_step_lists_every_kind() -> None:
    assert names(STEPS ^ set(get_args(Step))) == []


def test_every_kind_is_made_or_undone_somewhere() -> None:
    known = registered(perform) | registered(shell_lines) | INSIDE | FILES | OLDER
    assert names(STEPS - known) == []
    assert names(known - STEPS) == []


def test_every_kind_that_an_undo_has_is_looked_at_after_it_or_excused() -> None:
    undone = registered(shell_lines) | FILES
    source = inspect.getsource(undo_checks)
    unseen = {kind for kind in undone if f"isinstance(step, {kind.__name__})" not in source}
    assert names(unseen - set(UNCHECKED)) == []
    assert names(set(UNCHECKED) - unseen) == [], "excused, and looked at all the same"


def test_every_kind_that_an_undo_has_is_in_one_of_its_parts() -> None:
    """A step that nobody placed would be made after the ports have moved."""
    undone = registered(shell_lines)
    placed = {*undo_parts.NETWORK, *undo_parts.FILES}
    lacking = {kind for kind in undone if not issubclass(kind, tuple(placed))}
    assert names(lacking - set(LATER)) == []
    assert names(set(LATER) - lacking) == [], "excused, and placed all the same"


def test_a_class_that_makes_and_undoes_something_is_a_whole_change() -> None:
    changes = {kind for kind in plan_classes.kinds() if {"do", "undo"} <= set(dir(kind))}
    parts = {name for name in vars(Change) if not name.startswith("_")}
    lacking = {kind.__name__: parts - _has(kind) for kind in changes if parts - _has(kind)}
    assert lacking == {}
    assert changes


def _has(kind: type) -> set[str]:
    return {*dir(kind), *getattr(kind, "__annotations__", {})}
