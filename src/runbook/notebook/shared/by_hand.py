"""What a person has to do or type inside a guest, shown before it is waited for."""

from __future__ import annotations

from runbook import views
from runbook.guest.undo import layout
from runbook.plan.changes.guest.configuration import ReconfigureByHand, WatchInside
from runbook.plan.plan import Plan


def instruct(plan: Plan, *phases: str) -> None:
    """Show the instructions for each guest that a person configures in one of these phases."""
    for change in plan.changes:
        if isinstance(change, ReconfigureByHand) and change.phase in phases:
            views.show(views.instructions(change.guest, change.instructions, change.wait_s))


def tell_undos(plan: Plan, change_id: str) -> None:
    """Show how each guest that has its own undo is put back at its console."""
    if typed := undos(plan, change_id):
        views.show(views.guest_undos(typed))


def undos(plan: Plan, change_id: str) -> dict[str, str]:
    """By guest, what a person types at its console to have it put back, with no network."""
    watched = (change.guest for change in plan.changes if isinstance(change, WatchInside))
    return {guest: f"sh {layout.undo_path(change_id)}" for guest in watched}
