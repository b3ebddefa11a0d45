"""The three parts of an undo: the network, which brings the operator back, the files, the rest."""

from __future__ import annotations

from runbook.plan.changes.aside import PutBack
from runbook.plan.changes.change import Change
from runbook.plan.changes.file_steps import MakeDir, RemoveDir, Restore
from runbook.plan.changes.guest_steps import Plug
from runbook.plan.changes.processes import EndUnit
from runbook.plan.changes.revert import RevertPart
from runbook.plan.changes.revert_steps import Part
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    NeedNic,
    Netlink,
    Step,
    Sysctl,
)
from runbook.plan.changes.two_bridges import CloseShortcut, JoinBridges, OpenShortcut, TakePorts

NETWORK = (
    *(EndUnit, NeedNic, OpenShortcut, JoinBridges, TakePorts, CloseShortcut),
    *(Netlink, Announce, CarryNeighbours),
)
FILES = (Restore, PutBack, RemoveDir, MakeDir)


def part_of(change: Change, step: Step) -> Part:
    """The part that a step of an undo belongs to."""
    if isinstance(step, FILES):
        return "files"
    if isinstance(change, RevertPart):
        return change.part
    held = isinstance(step, Sysctl) and change.phase == "settle"
    runs = isinstance(step, Plug) and step.which == "live"
    return "network" if held or runs or isinstance(step, NETWORK) else "rest"
