"""The guest's own half of a change: its undo in the guest, the edit, and what is seen inside.

Beside `checkpoint`, not in it: a host's undo is made of a plan's steps and stands
on Debian with systemd; a guest's puts a few files back, and must do so in any
shell that a guest has.
"""

from __future__ import annotations

from runbook.guest.undo.end import confirm, once_more, undo
from runbook.guest.undo.found import Found, InsideState, look, state
from runbook.guest.undo.later import Ticking, move, ticking
from runbook.guest.undo.start import InsideArmed, apply, arm, uptime
from runbook.guest.undo.verify import as_before, verify

__all__ = [
    "Found",
    "InsideArmed",
    "InsideState",
    "Ticking",
    "apply",
    "arm",
    "as_before",
    "confirm",
    "look",
    "move",
    "once_more",
    "state",
    "ticking",
    "undo",
    "uptime",
    "verify",
]
