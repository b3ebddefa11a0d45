"""Pictures: what a cell shows, as HTML and as text. They draw what they are given."""

from __future__ import annotations

from runbook.views.boot import boot, edits
from runbook.views.changes import changes, changes_folded
from runbook.views.findings import checks, compared, findings, plan, verdict
from runbook.views.guests import guests, instructions, offers
from runbook.views.page import show, show_with
from runbook.views.picture import Picture, note, stack, title
from runbook.views.progress import doing
from runbook.views.standing import standing
from runbook.views.state import identity, state
from runbook.views.tables import Look, card, fold, table
from runbook.views.wiring import before_and_after, wiring

__all__ = [
    "Look",
    "Picture",
    "before_and_after",
    "boot",
    "card",
    "changes",
    "changes_folded",
    "checks",
    "compared",
    "doing",
    "edits",
    "findings",
    "fold",
    "guests",
    "identity",
    "instructions",
    "note",
    "offers",
    "plan",
    "show",
    "show_with",
    "stack",
    "standing",
    "state",
    "table",
    "title",
    "verdict",
    "wiring",
]
