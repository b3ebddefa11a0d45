"""The part of a change inside a guest: its undo, one script in the guest.

The host's undo is made of a plan's steps and needs Debian with systemd. A guest's undo puts a
few files back and has to run in any shell that a guest has. `script` writes it, `layout` has
the paths, `start` arms it and then makes the edit, `later` moves its timer, `end` confirms or
undoes, `progress` reads how far a change is, `verify` compares, `detached` starts a script
that outlives its caller, `heredoc` quotes.
"""

from __future__ import annotations

from runbook.guest.undo.end import confirm, once_more, undo
from runbook.guest.undo.later import Ticking, move, ticking
from runbook.guest.undo.progress import InsideProgress, InsideState, read_progress
from runbook.guest.undo.start import InsideArmed, apply, arm, uptime
from runbook.guest.undo.verify import files, settings, verify

__all__ = [
    "InsideArmed",
    "InsideProgress",
    "InsideState",
    "Ticking",
    "apply",
    "arm",
    "confirm",
    "files",
    "move",
    "once_more",
    "read_progress",
    "settings",
    "ticking",
    "undo",
    "uptime",
    "verify",
]
